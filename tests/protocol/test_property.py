"""The pod's codec, the host's construct, numpy and plain struct write and read the same bytes for all values."""

import io
import struct
from typing import Any

import numpy as np
from cobs import cobs
from hypothesis import given, settings
from hypothesis import strategies as st

from retropod.client import frames, wire
from retrowire import codec, framing, runfile, schema

Row = tuple[int, str, int, bool, tuple[tuple[str, str, str, int, int], ...]]
ROWS = {row[0]: row for row in codec.messages()}
RANGES = {"B": (0, 8), "H": (0, 16), "I": (0, 32), "b": (1, 8), "h": (1, 16), "i": (1, 32)}


def limits(code: str) -> tuple[int, int]:
    signed, bits = RANGES[code]
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)


def field_values(field: tuple[str, str, str, int, int]) -> st.SearchStrategy[Any]:
    code = field[1]
    if code in RANGES:
        return st.integers(*limits(code))
    length = codec.width(code)
    return st.binary(min_size=length, max_size=length) if length else st.binary(max_size=300)


@st.composite
def messages(draw: st.DrawFn) -> tuple[int, list[Any]]:
    row = draw(st.sampled_from(list(ROWS.values())))
    return row[0], [draw(field_values(field)) for field in row[4]]


def by_struct(row: Row, values: list[Any]) -> bytes:
    """Return the same bytes by one struct format, which allocates too much for the pod."""
    codes = [f"{len(value)}s" if field[1] == "*" else field[1] for field, value in zip(row[4], values, strict=True)]
    return struct.pack("<" + "".join(codes), *values)


def by_codec(message: int, values: list[Any]) -> bytes:
    buf = bytearray(codec.size(message) + 400)
    return bytes(buf[: codec.pack_into(message, values, buf, 0)])


@settings(max_examples=400)
@given(messages())
def test_codec_construct_struct_and_numpy_agree(given_message: tuple[int, list[Any]]) -> None:
    message, values = given_message
    row, layout = ROWS[message], wire.layouts()[message]
    data = by_codec(message, values)
    assert data == by_struct(row, values)
    assert codec.unpack(message, data, 0, len(data)) == values
    parsed = layout.construct.parse(data)
    assert [parsed[field[0]] for field in row[4]] == values
    assert layout.construct.build(dict(zip([field[0] for field in row[4]], values, strict=True))) == data
    record = np.frombuffer(data, layout.dtype, count=1)[0]
    for field, value in zip(row[4], values, strict=True):
        if field[1] in RANGES:
            assert int(record[field[0]]) == value


@given(messages(), st.binary(min_size=1, max_size=20))
def test_a_tail_of_a_later_minor_changes_nothing(given_message: tuple[int, list[Any]], tail: bytes) -> None:
    message, values = given_message
    if ROWS[message][4][-1][1] != "*":
        data = by_codec(message, values) + tail
        assert codec.unpack(message, data, 0, len(data)) == values
        assert wire.decode(message, data).values == wire.decode(message, data[: -len(tail)]).values


@given(st.sampled_from(list(ROWS)), st.data())
def test_any_number_is_stored_as_the_nearest_that_fits(message: int, data: st.DataObject) -> None:
    values = [data.draw(st.integers(-(2**40), 2**40)) if field[1] in RANGES else b"" for field in ROWS[message][4]]
    before = codec.clamped[0]
    packed = by_codec(message, values)
    misfits = 0
    for field, value, stored in zip(
        ROWS[message][4], values, codec.unpack(message, packed, 0, len(packed)), strict=True
    ):
        if field[1] in RANGES:
            low, high = limits(field[1])
            none = codec.none(field[1])
            nearest = min(max(value, low), high)
            if field[2] and nearest == none and value != none:
                nearest += 1 if none == low else -1
            assert stored == nearest
            misfits += stored != value
    assert codec.clamped[0] - before == misfits


@given(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=framing.MAX_PAYLOAD), st.booleans())
def test_frames_are_what_the_host_makes_and_reads(message: int, sequence: int, payload: bytes, doubled: bool) -> None:
    out = bytearray(framing.frame_size(len(payload), doubled))
    data = bytes(out[: framing.encode_into(message, sequence, payload, len(payload), out, doubled)])
    if doubled:
        assert data == frames.build(message, sequence, payload, framing.MAX_POD_FRAME)
    assert cobs.decode(data.strip(b"\0"))[2:-4] == payload
    splitter = frames.Splitter()
    found = splitter.feed(b"garbage" + data)
    assert [(frame.id, frame.sequence, frame.payload) for frame in found] == [(message, sequence, payload)]


@given(st.lists(st.binary(max_size=60), max_size=12), st.binary(max_size=30))
def test_pod_and_host_split_any_bytes_alike(payloads: list[bytes], noise: bytes) -> None:
    stream = bytearray(noise)
    for index, payload in enumerate(payloads):
        out = bytearray(framing.frame_size(len(payload)))
        stream += out[: framing.encode_into(index, index, payload, len(payload), out)]
        stream += noise[index:]
    decoder = framing.Decoder(framing.MAX_POD_FRAME)
    ends = filter(decoder.push, stream)
    found = [(decoder.message, decoder.sequence, bytes(decoder.payload[: decoder.length])) for _ in ends]
    splitter = frames.Splitter()
    assert [(frame.id, frame.sequence, frame.payload) for frame in splitter.feed(bytes(stream))] == found
    assert splitter.damaged == decoder.damaged


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=8), st.data())
def test_damage_to_a_run_costs_the_blocks_it_hits(payloads: list[bytes], data: st.DataObject) -> None:
    run, edges = run_of(payloads)
    hits = data.draw(st.lists(st.tuples(st.integers(0, len(run) - 1), st.integers(1, 255)), max_size=3))
    hurt = bytearray(run)
    for at, bits in hits:
        hurt[at] ^= bits
    scan = runfile.scan(io.BytesIO(hurt).read)
    found = {sequence: payload for _, sequence, _, payload in scan}
    whole = {i: p for i, p in enumerate(payloads) if hurt[edges[i] : edges[i + 1]] == run[edges[i] : edges[i + 1]]}
    assert found == whole
    lost = sum(edges[i + 1] - edges[i] for i in range(len(payloads)) if i not in whole)
    assert sum(end - start for start, end in scan.damaged) == lost


def run_of(payloads: list[bytes]) -> tuple[bytes, list[int]]:
    """Return consecutive blocks, the start of each and the end of the last."""
    run, edges = bytearray(), [0]
    for sequence, payload in enumerate(payloads):
        out = bytearray(len(payload) + runfile.BLOCK_AROUND)
        run += out[: runfile.block_into(runfile.RAW, sequence, payload, len(payload), out)]
        edges.append(len(run))
    return bytes(run), edges


@settings(max_examples=300)
@given(
    st.lists(st.binary(max_size=80), min_size=1, max_size=8),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.binary(max_size=40),
)
def test_what_is_cut_out_or_put_in_costs_the_blocks_it_hits(
    payloads: list[bytes], where: tuple[float, float], put: bytes
) -> None:
    run, edges = run_of(payloads)
    start, end = sorted(round(share * len(run)) for share in where)
    hurt = io.BytesIO(run[:start] + put + run[end:])
    scan = runfile.scan(hurt.read)
    found = [(sequence, payload) for _, sequence, _, payload in scan]
    untouched = [i for i in range(len(payloads)) if edges[i + 1] <= start or edges[i] >= end]
    assert [sequence for sequence, _ in found if sequence in untouched] == untouched
    assert all(payloads[sequence] == payload for sequence, payload in found)
    assert scan.work <= 3 * len(hurt.getvalue()) + runfile.MAX_BLOCK_PAYLOAD


def test_the_schema_says_what_the_struct_codes_are() -> None:
    assert set(schema.NONE) == set(RANGES)
    for code, none in schema.NONE.items():
        assert none in limits(code)
