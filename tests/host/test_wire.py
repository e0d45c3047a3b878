"""Host layouts against the pod's codec, and the splitter against damage."""

import random
import struct
import tracemalloc
from types import UnionType
from typing import Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retropod.client import frames, messages, wire
from retropod.client.message import Message
from retropod.errors import UsageError
from retrowire import codec, framing, schema

_BOUNDS = {
    "B": (0, 255),
    "H": (0, 65535),
    "I": (0, 2**32 - 1),
    "b": (-128, 127),
    "h": (-(2**15), 2**15 - 1),
    "i": (-(2**31), 2**31 - 1),
}


def _raw(field):
    code = field[1]
    if code in _BOUNDS:
        return st.integers(*_BOUNDS[code])
    return st.binary(max_size=64) if code == "*" else st.binary(min_size=int(code[:-1]), max_size=int(code[:-1]))


def _messages():
    return st.sampled_from(codec.messages()).flatmap(lambda row: st.tuples(st.just(row), st.tuples(*map(_raw, row[4]))))


@given(_messages())
def test_construct_reads_what_the_pod_packs(case):
    row, values = case
    buffer = bytearray(1024)
    end = codec.pack_into(row[0], list(values), buffer, 0)
    message = wire.decode(row[0], bytes(buffer[:end]))
    assert list(message.raw.values())[-len(values) :] == list(values)
    assert codec.unpack(row[0], buffer, 0, end) == list(values)


@given(_messages())
def test_values_go_back_to_the_same_bytes(case):
    row, values = case
    if any(field[0] in ("name", "wearer", "text") for field in row[4]):
        return  # text that is not UTF-8 is shown with replacement characters: not reversible by design
    layout = wire.layouts()[row[0]]
    body = layout.construct.build(dict(zip([field.name for field in layout.fields], values, strict=True)))
    message = layout.decode(body)
    for value in message.values.values():
        if isinstance(value, tuple) and any(str(one).startswith("0x") for one in value):
            return  # bits that this host has no name for
    assert layout.encode(message.values) == body


def test_units_names_and_what_is_not_known():
    body = struct.pack(
        "<IIIHHHHHBHhhhhhHHBHH",
        3,
        900,
        12,
        345,
        7000,
        0xFFFF,
        1,
        2,
        2,
        973,
        -1120,
        5,
        -0x8000,
        -15,
        20,
        1234,
        77,
        2,
        0,
        1 | 64,
    )
    stride = wire.decode("stride", body)
    assert (stride.direction, stride.confidence, stride.length, stride.rise) == ("backward", 0.973, -1.12, None)
    assert (stride.toe_off, stride.period, stride.yaw, stride.flags) == (None, 0.7, -1.5, ("gap", "turning"))
    assert stride.seconds("uptime") == pytest.approx(12.345)


def test_an_unknown_enum_value_and_flag_keep_their_number():
    row = next(row for row in codec.messages() if row[1] == "stride")
    names = [field[0] for field in row[4]]
    values = [0] * len(names)
    values[names.index("direction")] = 250
    values[names.index("flags")] = 1 | 0x4000
    buffer = bytearray(200)
    end = codec.pack_into(row[0], values, buffer, 0)
    stride = wire.decode("stride", bytes(buffer[:end]))
    assert stride.direction == 250
    assert stride.flags == ("gap", "0x4000")


def test_a_longer_payload_is_cut_and_a_shorter_one_refused():
    body = wire.encode("status_get", request=9)
    assert wire.decode("status_get", body + b"later").request == 9
    with pytest.raises(wire.WireError):
        wire.decode("status_get", b"")


def test_fields_of_a_later_minor_are_left_out_for_an_older_peer():
    row = (0x99, "grown", 0, False, (("old", "B", "", 0, 0), ("new", "H", "", 0, 3)))
    assert wire.Layout(row, minor=2).decode(b"\7").values == {"old": 7}
    assert wire.Layout(row, minor=3).decode(b"\7\1\0").values == {"old": 7, "new": 1}
    older = wire.decode("time_set", bytes(9), minor=0)
    assert isinstance(older, messages.TimeSetMessage)
    assert older.uptime_s is None
    assert "uptime_s" not in older.values


def test_a_message_is_of_its_class_with_fields_that_a_later_run_file_adds():
    row = next(row for row in codec.messages() if row[1] == "run_entry")
    layout = wire.Layout((*row[:4], (*row[4], ("wobble", "h", "deg", -1, 9))), minor=9)
    entry = layout.decode(layout.construct.build({field.name: 6 for field in layout.fields}))
    assert isinstance(entry, messages.RunEntryMessage)
    assert (entry.run, entry.size, entry.values["wobble"]) == (6, 6, 0.6)
    assert list(entry.values)[-1] == "wobble"


@given(_messages())
def test_every_field_has_the_type_that_its_class_declares(case):
    row, values = case
    layout = wire.layouts()[row[0]]
    message = layout.decode(
        layout.construct.build(dict(zip([field.name for field in layout.fields], values, strict=True)))
    )
    assert type(message) is messages.BY_NAME[row[1]]
    for name, hint in get_type_hints(type(message)).items():
        if name in message.raw:
            assert _fits(getattr(message, name), hint), (row[1], name)


def _fits(value, hint):
    if get_origin(hint) is UnionType or get_origin(hint) is Union:
        return any(_fits(value, one) for one in get_args(hint))
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is tuple:
        return isinstance(value, tuple) and all(isinstance(one, get_args(hint)[0]) for one in value)
    return type(value) is hint or (hint is type(None) and value is None)


def test_messages_that_a_host_builds_go_out_with_their_values():
    request = messages.RunReadMessage(run=3, offset=507)
    assert request.values == {"request": 0, "run": 3, "offset": 507, "length": None}
    assert wire.by_name(request.type).encode({**request.values, "length": 9})[1:] == struct.pack("<III", 3, 507, 9)


def test_no_field_hides_behind_an_attribute_of_a_message():
    fields = {field[0] for row in codec.messages() for field in row[4]}
    assert not fields & {name for name in dir(Message) if not name.startswith("_")}


def test_a_dtype_reads_the_same_numbers_in_bulk():
    layout = wire.by_name("stride")
    body = bytes(range(layout.size))
    bulk = np.frombuffer(body * 3, layout.dtype)
    single = layout.decode(body).raw
    assert len(bulk) == 3
    assert all(int(bulk[2][field.name]) == single[field.name] for field in layout.fields)


def test_a_name_too_long_and_a_field_unknown_are_usage_errors():
    with pytest.raises(UsageError):
        wire.encode("run_header", name="x" * 17)
    with pytest.raises(UsageError):
        wire.encode("status_get", nonsense=1)


def _fields():
    return [(row[1], field) for row in codec.messages() for field in wire.by_name(row[1]).fields]


@given(st.sampled_from([(name, field) for name, field in _fields() if field.code in _BOUNDS]), st.data())
def test_a_number_reaches_its_field_up_to_both_limits_and_no_further(case, data):
    name, field = case
    low, high = _BOUNDS[field.code]
    unknown = schema.NONE[field.code] if field.unit else None
    low, high = low + (unknown == low), high - (unknown == high)
    number = data.draw(st.sampled_from([low, high]) | st.integers(low, high))
    scale = 10.0**field.exponent if field.exponent else 1
    decoded = wire.decode(name, wire.encode(name, **{field.name: number * scale}))
    assert decoded.raw[field.name] == number
    beyond = data.draw(st.sampled_from([low - 1, high + 1]) | st.integers(high + 1) | st.integers(max_value=low - 1))
    with pytest.raises(UsageError) as refused:
        wire.encode(name, **{field.name: beyond * scale})
    assert field.name in refused.value.message
    absent = wire.decode(name, wire.encode(name, **{field.name: None}))
    assert absent.raw[field.name] == (unknown or 0)


_ODD = [
    float("nan"),
    float("inf"),
    -float("inf"),
    "no such name of anything",
    "a\ud800",
    1e300,
    2**70,
    object(),
    ("none such",),
    b"b" * 99,
]


@given(st.sampled_from([case for case in _fields() if case[1].code != "*"]), st.sampled_from(_ODD))
def test_a_value_of_another_kind_is_a_usage_error(case, value):
    name, field = case
    with pytest.raises(UsageError):
        wire.encode(name, **{field.name: value})


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("mount_do", {"matrix": (1.0,)}),
        ("mount_do", {"matrix": (3.0,) * 9}),
        ("mount_do", {"matrix": (float("nan"),) * 9}),
        ("run_header", {"device_id": "not hex"}),
        ("record", {"action": "begin"}),
        ("record", {"what": "strides"}),
        ("setting_set", {"text": 5}),
    ],
)
def test_no_value_is_sent_as_another(name, fields):
    with pytest.raises(UsageError):
        wire.encode(name, **fields)


def _pod_frame(number, sequence, body):
    out = bytearray(framing.frame_size(len(body)))
    return bytes(out[: framing.encode_into(number, sequence, body, len(body), out)])


@given(
    st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=512)), max_size=8),
    st.lists(st.integers(1, 40), min_size=1),
)
def test_frames_come_out_whatever_the_portions(sent, portions):
    stream = b"".join(_pod_frame(number, index, body) for index, (number, body) in enumerate(sent))
    splitter, got, at = frames.Splitter(), [], 0
    while at < len(stream):
        size = portions[at % len(portions)]
        got += splitter.feed(stream[at : at + size])
        at += size
    assert [(frame.id, frame.payload) for frame in got] == sent
    assert splitter.damaged == splitter.lost == 0


@given(st.binary(max_size=54), st.integers(0, 255))
def test_the_pod_reads_what_the_host_builds(body, sequence):
    frame = frames.build(0x41, sequence, body)
    decoder = framing.Decoder(framing.MAX_HOST_FRAME)
    ended = [
        (decoder.message, decoder.sequence, bytes(decoder.payload[: decoder.length]))
        for byte in frame
        if decoder.push(byte)
    ]
    assert ended == [(0x41, sequence, body)]


def test_a_frame_too_long_for_the_pod_is_refused():
    with pytest.raises(UsageError):
        frames.build(0x41, 0, bytes(range(55)))


def test_damage_costs_the_frames_it_hits_and_is_counted():
    random.seed(4)
    sent = [_pod_frame(0x20, index & 0xFF, random.randbytes(44)) for index in range(200)]
    sent[50] = sent[50][:20] + b"\xaa" + sent[50][21:]
    splitter = frames.Splitter()
    got = splitter.feed(b"MicroPython v1.26\r\n>>> \0" + b"".join(sent[:80] + sent[83:]))
    assert len(got) == 200 - 4
    assert splitter.damaged == 2
    assert splitter.lost == 4
    assert b">>> " in splitter.garbage


def test_endless_noise_without_a_delimiter_needs_no_memory():
    splitter = frames.Splitter()
    noise = bytes([0x55]) * 4096
    splitter.feed(noise)
    tracemalloc.start()
    for _ in range(1000):
        splitter.feed(noise)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000
    assert splitter.damaged == 1
    assert len(splitter.feed(b"\0" + _pod_frame(1, 0, b"x"))) == 1


def test_a_hundred_thousand_mutations_lose_only_what_they_hit():
    random.seed(7)
    bodies = [random.randbytes(random.randrange(60)) for _ in range(2000)]
    stream = [_pod_frame(0x20, index & 0xFF, body) for index, body in enumerate(bodies)]
    for _ in range(50):
        splitter, damaged = frames.Splitter(), list(stream)
        hit = set(random.sample(range(2000), 400))
        for index in hit:
            damaged[index] = _mutated(damaged[index])
        got = splitter.feed(b"".join(damaged))
        # a frame whose end was cut off swallows the one behind it: that one was hit too
        untouched = [bodies[i] for i in range(2000) if i not in hit and (i - 1) not in hit]
        received = [frame.payload for frame in got]
        at = iter(received)
        assert all(any(body == other for other in at) for body in untouched)


def _mutated(frame):
    kind, at = random.randrange(4), random.randrange(len(frame))
    if kind == 0:
        return frame[:at] + bytes([random.randrange(256)]) + frame[at + 1 :]
    if kind == 1:
        return frame[:at]
    if kind == 2:
        return frame[:at] + random.randbytes(3) + frame[at:]
    return frame[at:] + b"\0"
