"""Runs whose header is intact but describes its messages in another way than this version."""

import binascii
import os
import random
import re
import struct
from pathlib import Path

import pytest

from commands import run
from host.test_runs import run_file
from retropod.client.messages import RawMessage
from retropod.errors import DamagedData, ProtocolMismatch
from retropod.runs import reader, samples
from retrowire import headbytes


def described(old: bytes, new: bytes) -> bytes:
    """Return a run in whose description `old` is replaced, with a correct checksum."""
    content = run_file()
    fixed = list(struct.unpack_from(headbytes.FIXED, content, 0))
    text, end = headbytes.FIXED_BYTES + fixed[6], fixed[2] - 4
    rows = content[headbytes.FIXED_BYTES : text].replace(old, new, 1)
    assert rows != content[headbytes.FIXED_BYTES : text]
    fixed[2], fixed[6] = headbytes.FIXED_BYTES + len(rows) + end - text + 4, len(rows)
    head = struct.pack(headbytes.FIXED, *fixed) + rows + content[text:end]
    return head + struct.pack("<I", binascii.crc32(head)) + content[end + 4 :]


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"period:H:s:-4", b"period:H:s:99999999"), (b"period:H:s:-4", b"period:Q:s:-4"), (b" sample:I", b" number:I"),
     (b"34 event", b"32 event"), (b"112 run_header", b"112 header"), (b"8s", b"80s"), (b"32 stride", b"\xff stride")],
)  # fmt: skip
def test_an_invalid_description_ends_in_one_line_and_the_file_stays(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = tmp_path / "run.rpr"
    path.write_bytes(described(old, new))
    with pytest.raises(ProtocolMismatch, match=r"run\.rpr: invalid description") as caught:
        reader.read(path)
    assert "\n" not in caught.value.message
    assert path.read_bytes() == described(old, new)


def test_show_ends_with_a_protocol_error(tmp_path: Path) -> None:
    path = tmp_path / "run.rpr"
    path.write_bytes(described(b"length:h:m:-3", b"length:h:m:99999999"))
    code, out, err = run("retropod", "show", path, environment={**os.environ, "RETROPOD_RUNS": str(tmp_path)})
    assert (code, out) == (4, "")
    assert err.splitlines()[0].startswith(f"error: {path}: invalid description") and len(err.splitlines()) == 2


def test_unknown_fields_and_messages_are_ignored() -> None:
    content = described(b"\n", b"\n99 wobble_map sample:I matrix:8s data:*\n")
    assert [stride.number for stride in reader.parse(content).strides] == list(range(20))


def test_a_field_that_the_file_lacks_has_its_default() -> None:
    stride = reader.parse(described(b" direction:B confidence:H:1:-3", b" course:B trust:H:1:-3")).strides[3]
    assert (stride.direction, stride.confidence, stride.along_m) == ("unknown", None, -0.9)
    nothing = reader.parse(described(b"number:I sample:I", b"one:I other:I")).strides[0]
    assert (nothing.number, nothing.sample) == (0, 0)


def test_a_message_of_only_a_text_ends() -> None:
    content = run_file()
    begin = content.index(b"34 event ") + 9
    events = content[begin : content.index(b"\n", begin)]
    assert reader.parse(described(events, b"text:*")).whole


def test_a_known_field_in_another_unit_is_refused_as_a_smaller_one_is_not() -> None:
    with pytest.raises(ProtocolMismatch):
        reader.parse(described(b"length:h:m:-3", b"length:h:s:-3"))
    assert reader.parse(described(b"length:h:m:-3", b"length:h:m:-4")).strides[0].along_m == -0.09


@pytest.mark.parametrize(("count", "axes"), [(4_000_000_000, 6), (100, 6), (0, 6), (1, 200_000_000), (1, 5)])
@pytest.mark.parametrize("encoding", ["counts", "rice"])
def test_samples_that_the_bytes_cannot_hold_are_refused_before_memory_is_taken(
    count: int, axes: int, encoding: str
) -> None:
    with pytest.raises(DamagedData):
        samples.decode([RawMessage(sample=0, count=count, axes=axes, encoding=encoding, data=bytes(12))])


def test_changed_descriptions_cause_no_other_error() -> None:
    content, chance = run_file(), random.Random(1)
    length = struct.unpack_from(headbytes.FIXED, content, 0)[6]
    rows = content[headbytes.FIXED_BYTES : headbytes.FIXED_BYTES + length]
    parts = [b"number:I", b"*", b"data:*", b"8s", b"period:H:s:-99", b"x:H@9", b":", b"", b"\n", b"H", b"-4", b"sample"]
    refused = 0
    for _ in range(500):
        words = re.split(rb"([ :\n])", rows)
        for _ in range(chance.choice((1, 1, 3))):
            words[chance.randrange(len(words))] = chance.choice((*parts, chance.choice(words)))
        changed = b"".join(words)
        try:
            run = reader.parse(described(rows, changed) if changed != rows else content)
            assert all(stride.as_json() for stride in run.strides)
        except (ProtocolMismatch, DamagedData):
            refused += 1
    assert 0 < refused < 500
