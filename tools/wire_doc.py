"""Generates protocol/README.md from the schema, its descriptions and worked examples.

`python -m tools.wire_doc` prints it, `--write` writes it, `--check` exits with 1 if the file differs.
"""

import sys
from pathlib import Path

from retropod.client import wire
from retropod.sources import wire_dir
from retrowire import codec, framing, runfile, schema
from tools import generated
from tools.schema_doc import ENUMS, FLAGS, MESSAGES

_C_TYPES = {"B": "u8", "H": "u16", "I": "u32", "b": "i8", "h": "i16", "i": "i32", "*": "bytes"}
_TABLE = ("| value | name | meaning |", "|---:|---|---|")
_GROUPS = (
    ("The core", "Frozen permanently: a host of any version can greet a pod, read its state and fetch its runs."),
    ("From pod to host", ""),
    ("From host to pod", ""),
    ("In run files", ""),
)


def document() -> str:
    """Return the text of protocol/README.md."""
    return "\n".join([_head(), *_frames(), *_numbers(), *_messages(), *_enums(), *_run_file(), ""])


# --- sections ------------------------------------------------------------------------------------------------------


def _head() -> str:
    return f"""# Protocol between pod and host

*Generated from `retrowire/schema.py` by `python -m tools.wire_doc --write`. `make check` compares them.*

Protocol {schema.PROTOCOL_MAJOR}.{schema.PROTOCOL_MINOR}, fingerprint `{codec.fingerprint():08x}`.

| file | contents |
|---|---|
| `retrowire/schema.py` | messages, fields, units, enumerations: their only definition |
| `retrowire/codec.py` | conversion between messages and bytes |
| `retrowire/framing.py` | frames on a stream of bytes |
| `retrowire/runfile.py` | stored runs |
| `vectors/` | bytes and their meaning, valid and damaged; add new ones, never edit existing ones |

The same files run on the pod (MicroPython) and on the host (CPython)."""


def _frames() -> list[str]:
    payload = wire.by_name("error").encode({"request": 7, "code": "busy", "detail": 258, "text": ""})
    out = bytearray(framing.frame_size(len(payload)))
    length = framing.encode_into(schema.ERROR, 9, payload, len(payload), out)
    return [
        f"""
## Frames

    00  COBS( message u8, sequence u8, payload, CRC-32 u32 )  00

All numbers are little-endian. The CRC-32 is that of zlib and Ethernet, over message, sequence and payload. COBS removes
all zeros: it precedes each run of up to 254 bytes without a zero by the length of the run plus one. A zero follows each
run except the last one and those of 254 bytes. So a zero on the wire is always the edge of a frame:

- A damaged frame costs exactly that frame. The receiver counts it and resynchronises at the next zero.
- Every frame starts with a zero too, which separates it from earlier bytes. Empty frames have no meaning.
- A host starts its frames with **two** zeros, because a busy pod may lose received bytes.
- Each side numbers its frames with `sequence`, modulo 256. A gap is a lost frame.
- A pod's frame has at most {framing.MAX_POD_FRAME} bytes with its zeros, {framing.MAX_PAYLOAD} of them payload.
  A host's frame has at most {framing.MAX_HOST_FRAME} bytes, {framing.MAX_HOST_PAYLOAD} of them payload.
  The receiver skips and counts longer ones.
- A pod drops an unfinished frame after 50 ms without a byte.
- A receiver skips an unknown message. A payload longer than known is from a later minor version: ignore its tail. A
  shorter one is an error. `hello` states the version; never infer it from a length.

`error` with request 7, code `busy`, detail 258, no text, as the pod's frame number 9:

    payload  {payload.hex(" ")}
    frame    {out[:length].hex(" ")}

The app shares the port with MicroPython's prompt. Byte 03 stops the app if it is the first byte after 50 ms without
input, or directly follows such a first byte 0D. Anywhere else it is data."""
    ]


def _numbers() -> list[str]:
    nones = ", ".join(f"{_C_TYPES[code]} {value:#x}" for code, value in schema.NONE.items())
    return [
        f"""
## Fields

A reading in its unit is the integer times the scale. A field with a unit has one value that means "unknown":
{nones}.
If a reading exceeds the field, the pod stores the nearest value that fits and counts it in `values_clamped`. Texts of
fixed size are padded with zeros. A field of type `bytes` is the rest of the payload. New fields are only appended;
`since` is the minor version that added a field."""
    ]


def _messages() -> list[str]:
    lines = ["\n## Messages"]
    for title, text in _GROUPS:
        lines += ["", f"### {title}", *(["", text] if text else [])]
        for row in codec.messages():
            if _group(row) == title:
                lines += _message(row)
    return lines


def _group(row: wire.Row) -> str:
    if row[3]:
        return "The core"
    if row[0] >= schema.RUN_HEADER:
        return "In run files"
    return "From pod to host" if row[0] < schema.HELLO_GET else "From host to pod"


def _message(row: wire.Row) -> list[str]:
    purpose, fields = MESSAGES[row[1]]
    since = f" (since minor {row[2]})" if row[2] else ""
    fixed = codec.size(row[0])
    size = f"{fixed} bytes" + (" and more" if row[4][-1][1] == "*" else "")
    lines = ["", f"#### `{row[1]}` {row[0]:#04x}{since}", "", f"{purpose} {size}.", ""]
    lines += ["| at | type | field | unit | meaning |", "|---:|---|---|---|---|"]
    offset = 0
    for field in row[4]:
        meaning = _meaning(row[1], field, fields)
        lines.append(f"| {offset} | {_type(field[1])} | `{field[0]}` | {_unit(field)} | {meaning} |")
        offset += codec.width(field[1])
    return lines


def _type(code: str) -> str:
    return _C_TYPES.get(code) or f"{code[:-1]} bytes"


def _unit(field: tuple[str, str, str, int, int]) -> str:
    scale = f"{10.0 ** field[3]:.{max(0, -field[3])}f}" if field[3] else ""
    return f"{scale} {'' if field[2] == '1' else field[2]}".strip()


def _meaning(message: str, field: tuple[str, str, str, int, int], fields: dict[str, str]) -> str:
    enum, flags = wire.enum_of(message, field[0]), wire.flags_of(message, field[0])
    names = f" ([{enum}](#enum-{enum}))" if enum else f" ([bits](#bits-{flags}))" if flags else ""
    since = f" (since minor {field[4]})" if field[4] else ""
    return fields[field[0]] + names + since


def _enums() -> list[str]:
    lines = ["\n## Enumerations", "", "A receiver stores an unknown number unchanged: later versions append numbers."]
    for enum in schema.ENUMS:
        values = codec.enum(enum)
        meaning, words = ENUMS[enum]
        lines += ["", f'<a id="enum-{enum}"></a>**{enum}**: {meaning}', "", *_TABLE]
        lines += [f"| {value} | `{name}` | {words[name]} |" for name, value in values]
    lines += ["", "## Bits", "", "A receiver stores an unknown bit unchanged."]
    for flags in schema.FLAGS:
        values = codec.flags(flags)
        meaning, words = FLAGS[flags]
        lines += ["", f'<a id="bits-{flags}"></a>**{flags}**: {meaning}']
        if values:
            lines += ["", *_TABLE]
        lines += [f"| {value} | `{name}` | {words[name]} |" for name, value in values]
        if not values:
            lines += ["No bit is in use."]
    return lines


def _run_file() -> list[str]:
    data = codec.size(schema.EVENT)
    event = bytearray(data)
    codec.pack_into(schema.EVENT, [codec.value("event", "lap"), 61, 5, 25000, 1, 0], event, 0)
    block = bytearray(data + runfile.BLOCK_AROUND)
    runfile.block_into(runfile.EVENTS, 3, event, data, block)
    return [
        f"""
## Run files

A run file consists of a header and blocks. Blocks are appended and never changed.

**Header**, at most {runfile.HEADER_MAX} bytes:

| at | type | contents |
|---:|---|---|
| 0 | 8 bytes | `{runfile.MAGIC.hex(" ")}`; it reveals a transfer that converts line ends |
| 8 | u16 | format version, {runfile.FORMAT} |
| 10 | u16 | length of the header |
| 12 | u32 | incompatible flags: a reader refuses a file with an unknown bit |
| 16 | u32 | compatible flags: a reader ignores an unknown bit |
| 20 | u32 | fingerprint of the writer's schema |
| 24 | u16 | n, length of the rows |
| 26 | n bytes | rows: ASCII, one line per message type in the file, including `run_header` |
| 26 + n | | the `run_header` message, with the layout of its row |
| last 4 | u32 | CRC-32 of all preceding bytes |

A line is `number name field:type[:unit[:exponent]] ...`, with these types: {_struct_codes()}.
A reader decodes a file by the rows in it, so any later version can read a run. It ignores unknown messages and fields,
and a missing field is unknown. It refuses a file whose rows are invalid: two equal numbers or names, an unknown type,
an exponent beyond -9 to 9, or a known field with another kind or unit or a coarser resolution. The line of `event`:

    {runfile.rows_text((schema.EVENT,)).strip()}

**Block**: {runfile.BLOCK_AROUND} bytes plus at most {runfile.MAX_BLOCK_PAYLOAD} bytes of payload:

| at | type | contents |
|---:|---|---|
| 0 | 2 bytes | marker `{runfile.MARKER.hex(" ")}` |
| 2 | u8 | [kind](#enum-block) of the payload |
| 3 | u16 | n, length of the payload |
| 5 | u32 | sequence number of the block in the run, from 0 |
| 9 | u16 | lower half of the CRC-32 of bytes 2 to 8 |
| 11 | n bytes | payload |
| 11 + n | u32 | CRC-32 of bytes 2 to 10 + n |

A reader proceeds from block to block. After a damaged block it continues at the next marker and reports the bytes in
between. Bytes after the last valid block are a torn tail. The CRC in the head rejects false markers early, so that
damage does not slow down reading.

Block number 3 with one event, lap 1 at 61.005 s, sample 25000:

    {block[:16].hex(" ")}
    {block[16:32].hex(" ")}
    {block[32:].hex(" ")}"""
    ]


def _struct_codes() -> str:
    numbers = [f"`{code}` {name}" for code, name in _C_TYPES.items() if code != "*"]
    return ", ".join([*numbers, "`8s` 8 bytes", "`*` the rest of the payload"])


# --- the command -----------------------------------------------------------------------------------------------------


def readme() -> Path:
    """Return the path of protocol/README.md in this checkout. An installed package does not contain it."""
    return wire_dir() / "README.md"


def main(arguments: list[str]) -> int:
    """Run the command and return its exit code."""
    return generated.run(arguments, readme(), document, "tools.wire_doc")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
