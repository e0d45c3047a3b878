"""Add new vectors to protocol/vectors. Never changes existing ones.

    python tests/protocol/make_vectors.py

A vector whose name is in the file already is left as it is: the bytes of an older version are the point of it.
"""

import runpy
from pathlib import Path

from retrowire import codec, framing, runfile, schema

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# test_vectors.py defines the meaning of vectors. pytest collects it, so it cannot be imported by name.
MEANING = runpy.run_path(str(HERE / "shared" / "test_vectors.py"))
as_json = MEANING["as_json"]

Vector = tuple[str, str, bytes]
VALUES = {"sha256": bytes(range(32)), "device_id": bytes.fromhex("24 6f 28 aa bb cc")}
VALUES |= {"name": b"left one", "text": b"words", "wearer": "Zoë".encode()}
VALUES["matrix"] = bytes.fromhex("00 40 00 00 00 00 00 00 00 40 00 00 00 00 00 00 00 40")
NUMBERS = {"uptime_ms": 5, "epoch_s": 1_790_000_000, "host_s": 1_790_000_000, "length": -1234, "a": -7}


def typical(message: int) -> list[int | bytes]:
    """Return distinct values of the fields: the n-th number is n plus a plausible value for its name."""
    values: list[int | bytes] = []
    for index, (name, code, *_) in enumerate(codec.fields(message)):
        number = NUMBERS.get(name, index)
        values.append(number if code in schema.NONE else VALUES.get(name, bytes(range(250, 256)) + bytes(3)))
    return values


def payload(message: int, values: list[int | bytes]) -> bytes:
    out = bytearray(codec.size(message) + 600)
    return bytes(out[: codec.pack_into(message, values, out, 0)])


def frame(message: int, sequence: int, data: bytes, doubled: bool = False) -> bytes:
    out = bytearray(framing.frame_size(len(data), doubled))
    return bytes(out[: framing.encode_into(message, sequence, data, len(data), out, doubled)])


def flipped(data: bytes, at: int, bits: int = 1) -> bytes:
    return data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :]


def good_frames() -> list[Vector]:
    made = []
    for message, name, *_ in codec.messages():
        if message < schema.RUN_HEADER:
            data = payload(message, typical(message))
            made.append((f"{name}", "one frame", frame(message, message, data, message >= schema.HELLO_GET)))
    stride = [codec.none(row[1]) if row[2] else 0 for row in codec.fields(schema.STRIDE)]
    made.append(
        (
            "stride-unknown",
            "a stride of which nothing is known",
            frame(schema.STRIDE, 1, payload(schema.STRIDE, stride)),
        )
    )
    top = [{"B": 255, "H": 65535, "I": 2**32 - 1, "h": 32767}[row[1]] for row in codec.fields(schema.STRIDE)]
    made.append(("stride-largest", "the largest of everything", frame(schema.STRIDE, 255, payload(schema.STRIDE, top))))
    for fill in (0, 1, 255):
        data = payload(schema.RUN_DATA, [9, 512, bytes([fill]) * 507])
        made.append((f"bulk-{fill}", f"the longest piece of a run, all bytes {fill}", frame(schema.RUN_DATA, 0, data)))
    return made


def odd_frames() -> list[Vector]:
    one, two = frame(schema.STATUS_GET, 1, b"\1"), frame(schema.DONE, 2, bytes([2, 3, 0, 0, 0]))
    done = payload(schema.DONE, [7, 9])
    made = [
        ("two", "two frames", one + two),
        ("joined", "the zero between two frames shared", one + two[1:]),
        ("zeros", "zeros before, between and after", b"\0\0" + one + b"\0\0\0" + two + b"\0"),
        ("unknown-message", "a message that is not in the schema", frame(0x3E, 3, b"later") + two),
        ("longer", "a payload with a tail of a later minor", frame(schema.DONE, 4, done + b"later")),
        ("shorter", "a payload that is too short", frame(schema.DONE, 5, done[:-1]) + two),
        ("text", "text of a prompt before a frame", b"MPY: soft reboot\r\n>>> " + two),
        ("unfinished", "a frame that has not ended yet", one + two[:-1]),
        ("empty-payload", "no payload at all", frame(0x3E, 6, b"")),
        ("too-short", "no room for a checksum", b"\0\5\1\2\3\4\0" + two),
        ("bad-code", "a COBS length that goes beyond the end", b"\0\x20\1\2\3\0" + two),
        ("oversize", "a frame too long for any pod", b"\0" + b"\5" * 600 + two),
        ("lost-edge", "the zero that closes a frame is lost", one[:-1] + two),
        ("broken-edge", "the zero that closes a frame is changed", one[:-1] + b"\x40" + two),
        ("split", "a zero inside a frame", one[:4] + b"\0" + one[4:] + two),
    ]
    made += [
        (f"flipped-{at}", f"byte {at} of the first frame changed", flipped(one, at) + two) for at in (1, 2, 3, 5, 7)
    ]
    made += [(f"lost-{at}", f"byte {at} of the first frame lost", one[:at] + one[at + 1 :] + two) for at in (1, 4, 7)]
    return made


def header(incompatible: int = 0, compatible: int = 0) -> bytes:
    out = bytearray(runfile.HEADER_MAX)
    messages = (schema.STRIDE, schema.RAW, schema.EVENT)
    return bytes(out[: runfile.header_into(typical(schema.RUN_HEADER), messages, incompatible, compatible, out)])


def block(kind: int, sequence: int, data: bytes) -> bytes:
    out = bytearray(len(data) + runfile.BLOCK_AROUND)
    return bytes(out[: runfile.block_into(kind, sequence, data, len(data), out)])


def runs() -> list[Vector]:
    head = header()
    stride, event = payload(schema.STRIDE, typical(schema.STRIDE)), payload(schema.EVENT, typical(schema.EVENT))
    raw = payload(schema.RAW, [1000, 2, 6, 0, bytes(range(24))])
    parts = [
        block(runfile.EVENTS, 0, event),
        block(runfile.STRIDES, 1, stride * 3),
        block(runfile.RAW, 2, raw),
        block(runfile.STRIDES, 3, stride),
    ]
    body = b"".join(parts)
    first, second = len(head), len(head) + len(parts[0])
    whole = head + body
    later = header(0, 0x80000000)
    return [
        ("empty", "a header and nothing else", head),
        ("whole", "one block of each kind and one more", whole),
        ("compatible", "a compatible flag that is not known", later + body),
        ("incompatible", "an incompatible flag that is not known", header(0x10) + body),
        ("torn-header", "a header that was not written to its end", head[:-1]),
        ("damaged-header", "a header with one bit changed", flipped(head, 300) + body),
        ("not-a-run", "some other file", b"PK\3\4 is not it"),
        ("torn-head", "torn in the head of the last block", whole[: -len(parts[3]) + 5]),
        ("torn-payload", "torn in the payload of the last block", whole[:-20]),
        ("torn-checksum", "torn in the checksum of the last block", whole[:-1]),
        ("zeros-behind", "zeros behind the last block", whole + bytes(64)),
        ("flipped-marker", "the second block's marker changed", flipped(whole, second)),
        ("flipped-length", "the second block's length changed", flipped(whole, second + 3, 0x40)),
        ("flipped-payload", "the second block's payload changed", flipped(whole, second + 40)),
        ("flipped-checksum", "the second block's checksum changed", flipped(whole, second + len(parts[1]) - 1)),
        ("lost-bytes", "five bytes of the first block lost", whole[: first + 8] + whole[first + 13 :]),
        ("garbage-between", "bytes that belong to no block", whole[:second] + b"\xb5\x52\xb5garbage" + whole[second:]),
        ("block-missing", "a block cut out whole", head + parts[0] + parts[2] + parts[3]),
    ]


def text(vector: Vector, meaning: str) -> str:
    name, words, data = vector
    lines = [f": {data[at : at + 32].hex(' ')}" for at in range(0, len(data), 32)]
    return "\n".join([f"== {name}", words, *lines, meaning, "", ""])


def add(file: Path, made: list[Vector], means: dict[str, str]) -> None:
    there = file.read_text("utf-8") if file.exists() else ""
    names = {line[3:] for line in there.splitlines() if line.startswith("== ")}
    new = "".join(text(vector, means[vector[0]]) for vector in made if vector[0] not in names)
    file.write_text(there + new, "utf-8")


def main() -> None:
    folder = ROOT / "protocol" / "vectors"
    folder.mkdir(exist_ok=True)
    frames = good_frames() + odd_frames()
    add(folder / "frames.txt", frames, {name: as_json(MEANING["frames_meaning"](data)) for name, _, data in frames})
    made = runs()
    add(folder / "runs.txt", made, {name: as_json(MEANING["run_meaning"](data)) for name, _, data in made})


if __name__ == "__main__":
    main()
