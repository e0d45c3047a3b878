"""A run file written on this computer, in the format of the pod."""

from collections.abc import Iterable, Mapping
from typing import Any

from retropod.client import wire
from retropod.runs.files import HOST_MARK
from retrowire import codec, runfile, schema


def host_id(tail: bytes) -> bytes:
    """Return an id that no pod has. `tail`: its last seven bytes."""
    return bytes([HOST_MARK]) + tail


class RunWriter:
    """Contents of a run file that grows: `content` always begins with its earlier bytes."""

    def __init__(self, header: Mapping[str, Any]) -> None:
        """`header`: values in SI units and names."""
        self.content = _header(header)
        self._sequence = 0

    def add_strides(self, strides: Iterable[bytes]) -> None:
        """Append strides, as payloads of messages."""
        records, size = b"".join(strides), wire.by_name("stride").size
        step = runfile.MAX_BLOCK_PAYLOAD // size * size
        for at in range(0, len(records), step):
            self._add(runfile.STRIDES, records[at : at + step])

    def add_event(self, values: Mapping[str, Any]) -> None:
        """Append an event, as values in SI units and names."""
        self._add(runfile.EVENTS, wire.encode("event", **values))

    def _add(self, kind: int, payload: bytes) -> None:
        out = bytearray(len(payload) + runfile.BLOCK_AROUND)
        self.content += bytes(out[: runfile.block_into(kind, self._sequence, payload, len(payload), out)])
        self._sequence += 1


def run_file(header: Mapping[str, Any], strides: Iterable[bytes], events: Iterable[Mapping[str, Any]]) -> bytes:
    """Return a run file. `header` and `events`: values in SI units and names. `strides`: payloads of messages."""
    writer = RunWriter(header)
    writer.add_strides(strides)
    for event in events:
        writer.add_event(event)
    return writer.content


def _header(values: Mapping[str, Any]) -> bytes:
    layout = wire.by_name("run_header")
    raw = layout.decode(layout.encode(values)).raw
    out = bytearray(runfile.HEADER_MAX)
    numbers = [raw[row[0]] for row in codec.fields(schema.RUN_HEADER)]
    length = runfile.header_into(numbers, (schema.STRIDE, schema.EVENT), 0, 0, out)
    return bytes(out[:length])


def fitting(name: str, text: str) -> str:
    """Return the beginning of a text that fits a field of the header."""
    return text.encode()[: width(name)].decode("utf-8", "ignore")


def width(name: str) -> int:
    """Return the size of a field of the header, in bytes."""
    return codec.width(next(field.code for field in wire.by_name("run_header").fields if field.name == name))
