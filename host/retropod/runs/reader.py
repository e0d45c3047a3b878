"""A stored run read back, by the rows that the file itself carries."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retropod.client.messages import EventMessage, RawMessage, RunHeaderMessage, StrideMessage
from retropod.client.wire import Layout, WireError, layouts
from retropod.errors import DamagedData, ProtocolMismatch
from retropod.insight.stride import Stride
from retrowire import runfile, schema

_LENGTH_AT, _LENGTH_END = 10, 12  # of a header: where it states its own length
_EMPTY = "the run is empty: the power was cut before anything was stored"
_SHORTEST_HEADER = len(runfile.rows_text((schema.RUN_HEADER,)))  # a header is longer than its rows


class EmptyRun(DamagedData):
    """The power was cut before the run's header was complete: nothing was stored in it."""


@dataclass
class Run:
    """What a run file holds. `damaged`: byte ranges that no whole block covers; `missing`: blocks lost in between.

    `headless`: the header was damaged too. Its fields are not known then, and the blocks were read by this host's own
    layouts.
    """

    header: RunHeaderMessage
    strides: list[Stride] = field(default_factory=list)
    events: list[EventMessage] = field(default_factory=list)
    raw: list[RawMessage] = field(default_factory=list)
    damaged: list[tuple[int, int]] = field(default_factory=list)
    missing: int = 0
    blocks: int = 0
    size: int = 0
    headless: bool = False

    @property
    def whole(self) -> bool:
        """Whether nothing of the file was damaged or lost."""
        return not self.damaged and not self.missing and not self.headless

    @property
    def torn(self) -> bool:
        """Whether the file's last bytes are no whole block: what came then is not known."""
        return bool(self.damaged) and self.damaged[-1][1] == self.size


def read(path: Path) -> Run:
    """Read a run file. Damage is listed in the result and costs only the blocks that it hit.

    Raises EmptyRun for a run whose header was never completed, DamagedData if nothing in it can be read,
    ProtocolMismatch if it is too new.
    """
    try:
        return parse(path.read_bytes())
    except DamagedData as error:
        raise type(error)(f"{path}: {error.message}", error.hint) from error


def is_empty(size: int, damaged: bool) -> bool:
    """Return whether a run of `size` bytes holds nothing, by the pod's list: `damaged` if its header was not read."""
    return size == 0 or (damaged and size < _SHORTEST_HEADER)


def parse(content: bytes) -> Run:
    """`read` for bytes."""
    try:
        header = _header(content)
    except DamagedData:
        run = Run(_no_header(), size=len(content), headless=True)
        _take_blocks(run, content, 0, layouts())
        if run.blocks:
            return run
        if _unfinished(content):
            raise EmptyRun(_EMPTY, "`retropod erase` with its number removes it from the pod") from None
        raise
    own = {number: Layout((number, name, 0, False, rows)) for number, (name, rows) in header["messages"].items()}
    run = Run(_header_message(own[schema.RUN_HEADER], content, header), size=len(content))
    _take_blocks(run, content, header["length"], own)
    return run


def _unfinished(content: bytes) -> bool:
    """Whether the file ends within its header."""
    if not content.startswith(runfile.MAGIC[: len(content)]):
        return False
    stated = content[_LENGTH_AT:_LENGTH_END]
    return len(stated) < _LENGTH_END - _LENGTH_AT or int.from_bytes(stated, "little") > len(content)


def _take_blocks(run: Run, content: bytes, start: int, layouts: Mapping[int, Layout]) -> None:
    """Every whole block from byte `start` on, each once."""
    source = io.BytesIO(content)
    source.seek(start)
    scan = runfile.scan(source.read, start)
    expected = 0
    for kind, sequence, _, payload in scan:
        if sequence < expected:
            continue  # it is here already: somebody put files together
        run.missing += sequence - expected
        expected = sequence + 1
        run.blocks += 1
        _take(run, kind, bytes(payload), layouts)
    run.damaged = list(scan.damaged)


def _header(content: bytes) -> dict[str, Any]:
    try:
        return runfile.read_header(content[: runfile.HEADER_MAX])
    except runfile.Incompatible as error:
        raise ProtocolMismatch(str(error), "pip install --upgrade retropod") from error
    except (ValueError, KeyError, UnicodeDecodeError) as error:
        raise DamagedData(
            f"nothing in it can be read: {error}", "a run file is what `retropod download` stores"
        ) from error


def _no_header() -> RunHeaderMessage:
    """A header of which nothing is known."""
    texts = {"name": "", "wearer": "", "device_id": "", "clock_state": "unset", "side": "unknown", "mount": "unknown"}
    values: dict[str, Any] = {name: texts.get(name) for name in RunHeaderMessage.__match_args__}
    return RunHeaderMessage(**values, raw=values)


def _header_message(layout: Layout, content: bytes, header: dict[str, Any]) -> RunHeaderMessage:
    """The header's own message ends where its checksum begins."""
    end = header["length"] - 4
    message = layout.decode(content[end - layout.size : end])
    if not isinstance(message, RunHeaderMessage):
        raise DamagedData("the header describes another message in place of its own")
    return message


def _take(run: Run, kind: int, payload: bytes, layouts: Mapping[int, Layout]) -> None:
    layout = layouts.get(runfile.MESSAGE.get(kind, -1))
    if layout is None:
        return  # a kind of block that a later version writes
    pieces = [payload[at : at + layout.size] for at in range(0, len(payload), layout.size)]
    try:
        messages = [layout.decode(piece) for piece in ([payload] if kind == runfile.RAW else pieces)]
    except WireError:
        run.missing += 1
        return
    run.strides += [Stride.of(message) for message in messages if isinstance(message, StrideMessage)]
    run.events += [message for message in messages if isinstance(message, EventMessage)]
    run.raw += [message for message in messages if isinstance(message, RawMessage)]
