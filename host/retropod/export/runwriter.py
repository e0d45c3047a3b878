"""A run file written on this computer, in the format of the pod."""

from collections.abc import Iterable, Mapping
from typing import Any

from retropod.client import wire
from retrowire import codec, runfile, schema


def run_file(header: Mapping[str, Any], strides: Iterable[bytes], events: Iterable[Mapping[str, Any]]) -> bytes:
    """Return a run file. `header` and `events`: values in SI units and names. `strides`: payloads of messages."""
    content = _header(header)
    records, size = b"".join(strides), wire.by_name("stride").size
    step = runfile.MAX_BLOCK_PAYLOAD // size * size
    payloads = [(runfile.STRIDES, records[at : at + step]) for at in range(0, len(records), step)]
    payloads += [(runfile.EVENTS, wire.encode("event", **event)) for event in events]
    for sequence, (kind, payload) in enumerate(payloads):
        out = bytearray(len(payload) + runfile.BLOCK_AROUND)
        content += bytes(out[: runfile.block_into(kind, sequence, payload, len(payload), out)])
    return content


def _header(values: Mapping[str, Any]) -> bytes:
    layout = wire.by_name("run_header")
    raw = layout.decode(layout.encode(values)).raw
    out = bytearray(runfile.HEADER_MAX)
    numbers = [raw[row[0]] for row in codec.fields(schema.RUN_HEADER)]
    length = runfile.header_into(numbers, (schema.STRIDE, schema.EVENT), 0, 0, out)
    return bytes(out[:length])


def fitting(name: str, text: str) -> str:
    """Return the beginning of a text that fits a field of the header."""
    code = next(field.code for field in wire.by_name("run_header").fields if field.name == name)
    return text.encode()[: codec.width(code)].decode("utf-8", "ignore")
