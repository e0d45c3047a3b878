"""Older and newer schemas are compatible: a later minor may append fields and messages."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from retrowire import codec, runfile, schema

Later = Callable[[str], Any]
CHANGES = [("number:I", "number:H"), ("number:I", "count:I"), ("length:h:m:-3", "length:h:m:-2")]
_MAKE = """
import json
from retrowire import codec, runfile, schema
values = [index if row[1] in schema.NONE else b"" for index, row in enumerate(codec.fields(schema.STRIDE))]
out = bytearray(2000)
"""


def later_schema(text: str) -> str:
    """Return a schema of a later minor: an appended field, a new message, new names of enumerations."""
    text = text.replace("PROTOCOL_MINOR = 2", "PROTOCOL_MINOR = 3")
    text = text.replace("strike_confidence:H:1:-3 flags:H", "strike_confidence:H:1:-3 flags:H wobble:h:deg:-1@3")
    text = text.replace("MESSAGES = (", 'MESSAGES = (\n    (0x2A, "wobble_map", 3, False, "sample:I data:*"),')
    return text.replace("lateral_right=4", "lateral_right=4 hopping=5")


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory, repo_root: Path) -> Later:
    """Run code with a later schema and return its `result`."""
    folder = tmp_path_factory.mktemp("later")
    shutil.copytree(repo_root / "protocol" / "retrowire", folder / "retrowire")
    file = folder / "retrowire" / "schema.py"
    assert later_schema(file.read_text("utf-8")) != file.read_text("utf-8")
    file.write_text(later_schema(file.read_text("utf-8")), "utf-8")

    def run(code: str) -> Any:
        script = f"import sys\nsys.path.insert(0, {str(folder)!r})\n{_MAKE}{code}\nprint(json.dumps(result))"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def stride() -> tuple[list[Any], bytes]:
    values = [index if row[1] in schema.NONE else b"" for index, row in enumerate(codec.fields(schema.STRIDE))]
    out = bytearray(codec.size(schema.STRIDE))
    codec.pack_into(schema.STRIDE, values, out, 0)
    return values, bytes(out)


def test_fingerprint_does_not_change_with_a_minor(later: Later) -> None:
    assert later("result = [codec.fingerprint(), schema.PROTOCOL_MINOR]") == [codec.fingerprint(), 3]


@pytest.mark.parametrize(
    "change", [("number:I", "number:H"), ("number:I", "count:I"), ("length:h:m:-3", "length:h:m:-2")]
)
def test_fingerprint_changes_with_the_rows_of_minor_zero(
    change: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = codec.fingerprint()
    changed = tuple((*row[:4], row[4].replace(*change)) for row in schema.MESSAGES)
    assert changed != schema.MESSAGES
    monkeypatch.setattr(schema, "MESSAGES", changed)
    assert codec.fingerprint() != before
    monkeypatch.setattr(schema, "MESSAGES", tuple(reversed(changed)))
    reordered = codec.fingerprint()
    monkeypatch.setattr(schema, "MESSAGES", changed)
    assert codec.fingerprint() == reordered, "the order of rows is not on the wire"


def test_here_a_later_stride_is_read_without_its_tail(later: Later) -> None:
    data = bytes.fromhex(later("result = bytes(out[:codec.pack_into(schema.STRIDE, values, out, 0)]).hex()"))
    values, mine = stride()
    assert len(data) == len(mine) + 2
    assert codec.unpack(schema.STRIDE, data, 0, len(data)) == values


def test_there_a_stride_of_minor_zero_is_read_as_such(later: Later) -> None:
    values, data = stride()
    read = f"data = bytes.fromhex({data.hex()!r})\n"
    assert later(read + "result = codec.unpack(schema.STRIDE, data, 0, len(data), 0)") == values
    code = "try:\n    result = codec.unpack(schema.STRIDE, data, 0, len(data))\nexcept ValueError:\n    result = None"
    assert later(read + code) is None, "the length alone says nothing about the version"


def test_here_a_later_message_is_unknown(later: Later) -> None:
    assert later("result = codec.known(0x2A)") is True
    assert not codec.known(0x2A)


def test_here_a_later_enum_value_keeps_its_number(later: Later) -> None:
    assert later("result = codec.name('direction', 5)") == "hopping"
    assert codec.name("direction", 5) == "5"


def test_here_a_later_run_is_read_by_its_own_rows(later: Later) -> None:
    code = (
        "head = [0 if row[1] in schema.NONE else b'' for row in codec.fields(schema.RUN_HEADER)]\n"
        "length = runfile.header_into(head, (schema.STRIDE, schema.EVENT), 0, 0, out)\n"
        "payload, block = bytearray(100), bytearray(200)\n"
        "size = codec.pack_into(schema.STRIDE, values, payload, codec.pack_into(schema.STRIDE, values, payload, 0))\n"
        "end = runfile.block_into(runfile.STRIDES, 0, payload, size, block)\n"
        "result = (bytes(out[:length]) + bytes(block[:end])).hex()"
    )
    data = bytes.fromhex(later(code))
    header = runfile.read_header(data)
    rows = header["messages"][schema.STRIDE][1]
    assert [row[0] for row in rows][-1] == "wobble"
    start = header["length"]
    reader = iter([data[start:], b""])
    ((kind, _, _, payload),) = runfile.scan(lambda _: next(reader), start)
    size = codec.size_rows(rows)
    assert kind == runfile.STRIDES
    assert len(payload) == 2 * size
    values = codec.unpack_rows(rows, payload, size, 2 * size)
    assert values == [*stride()[0], len(rows) - 1]
