"""Reader of run files. It decodes each file by the schema rows in the file's own header."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from retropod.client.messages import EventMessage, RawMessage, RunHeaderMessage, StrideMessage
from retropod.client.wire import Layout, WireError, layouts
from retropod.errors import DamagedData, ProtocolMismatch
from retropod.inputs import MIB, read_bytes
from retropod.insight.stride import Stride
from retropod.runs.files import HOST_MARK
from retrowire import checkedhead, headbytes, runfile, schema

_MOST_BYTES = 256 * MIB  # sixteen times the largest flash of a pod
_REMOVE = "`retropod trash` with its name removes it from this computer, `retropod erase` with its number from the pod"
_GIVE = "give a run file that `retropod download` or `retropod import` stored"
_LENGTH_AT, _LENGTH_END = 10, 12  # bytes of a header that state the header's length
_EMPTY = "the run is empty: the power was cut before anything was stored"
_SHORTEST_HEADER = len(runfile.rows_text((schema.RUN_HEADER,)))  # bytes: a header is longer than its rows


class EmptyRun(DamagedData):
    """The run contains no data: the power was cut before its header was complete."""


@dataclass
class Run:
    """Contents of a run file.

    `raw`: messages with raw samples. `damaged`: [start, end) byte ranges without a whole block. `missing`: number of
    lost blocks. `blocks`: number of whole blocks. `size`: of the file, in bytes. `headless`: the header is damaged, its
    fields lack values, and the blocks were decoded by the schema of this host. `rows`: payloads of the blocks of
    strides, if `skim` left them undecoded, in the layout `layout`.
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
    rows: list[bytes] | None = None
    layout: Layout | None = None

    @property
    def of_host(self) -> bool:
        """True for a run that a computer wrote: an import, or a stored live session."""
        return self.header.device_id.startswith(f"{HOST_MARK:02x}")

    @property
    def whole(self) -> bool:
        """True if no part of the file is damaged or missing."""
        return not self.damaged and not self.missing and not self.headless

    @property
    def torn(self) -> bool:
        """True if the file does not end with a whole block: the end of the run is missing."""
        return bool(self.damaged) and self.damaged[-1][1] == self.size

    @property
    def ended(self) -> bool:
        """True if the pod ended the run. False: a power cut ended it, the file is cut, or the pod was recording."""
        return bool(self.events) and self.events[-1].kind == "stopped"


def read(path: Path, skim: bool = False) -> Run:
    """Read a run file. Damage costs only the affected blocks, and the result lists it. `skim`: see `parse`.

    Raises EmptyRun if the header was never completed, DamagedData if no part is readable or the file is not a run, and
    ProtocolMismatch if the format is newer than this host or the file describes its messages wrongly.
    """
    content = read_bytes(path, _MOST_BYTES, _GIVE, empty=True)
    try:
        return parse(content, skim)
    except (DamagedData, ProtocolMismatch) as error:
        raise type(error)(f"{path}: {error.message}", error.hint) from error


def is_empty(size: int, damaged: bool) -> bool:
    """Return whether a run is empty, by its `size` in bytes and `damaged` (unreadable header) in the pod's list."""
    return size == 0 or (damaged and size < _SHORTEST_HEADER)


def parse(content: bytes, skim: bool = False) -> Run:
    """Read the contents of a run file. See `read`. `skim`: leave strides undecoded, and raw samples out."""
    try:
        header = _header(content)
    except DamagedData:
        run = Run(_no_header(), size=len(content), headless=True, rows=[] if skim else None)
        _take_blocks(run, content, 0, layouts())
        if run.blocks:
            return run
        if _unfinished(content):
            raise EmptyRun(_EMPTY, _REMOVE) from None
        raise
    own = {number: _layout(number, name, rows) for number, (name, rows) in header["messages"].items()}
    run = Run(_header_message(own[schema.RUN_HEADER], content, header), size=len(content), rows=[] if skim else None)
    _take_blocks(run, content, header["length"], own)
    return run


@lru_cache(64)  # The runs of a season describe their messages alike, and the first use of a layout compiles it.
def _layout(number: int, name: str, rows: tuple[tuple[str, str, str, int, int], ...]) -> Layout:
    return Layout((number, name, 0, False, rows))


def _unfinished(content: bytes) -> bool:
    """Return whether the file ends within its header."""
    if not content.startswith(runfile.MAGIC[: len(content)]):
        return False
    stated = content[_LENGTH_AT:_LENGTH_END]
    return len(stated) < _LENGTH_END - _LENGTH_AT or int.from_bytes(stated, "little") > len(content)


def _take_blocks(run: Run, content: bytes, start: int, layouts: Mapping[int, Layout]) -> None:
    """Add every whole block from byte `start` on to the run. Ignore repeated blocks."""
    run.layout = layouts.get(schema.STRIDE)
    source = io.BytesIO(content)
    source.seek(start)
    scan = runfile.scan(source.read, start)
    expected = 0
    for kind, sequence, _, payload in scan:
        if sequence < expected:
            continue  # A repeated block: a user concatenated files of the run.
        run.missing += sequence - expected
        expected = sequence + 1
        run.blocks += 1
        _take(run, kind, bytes(payload), layouts)
    run.damaged = list(scan.damaged)


def _header(content: bytes) -> dict[str, Any]:
    try:
        return checkedhead.read_header(content[: runfile.HEADER_MAX])
    except runfile.Incompatible as error:
        raise ProtocolMismatch(str(error), "pip install --upgrade retropod") from error
    except ValueError as error:
        if _intact(content):
            raise ProtocolMismatch(
                f"invalid description of the messages: {error}",
                "keep the file, and run `pip install --upgrade retropod`",
            ) from error
        raise DamagedData(f"no part of the file is readable: {error}", _GIVE) from error


def _intact(content: bytes) -> bool:
    """Return whether the checksum of the header matches: its writer, not damage, caused a fault in it."""
    try:
        headbytes.split(content[: runfile.HEADER_MAX])
    except ValueError:
        return False
    return True


def _no_header() -> RunHeaderMessage:
    """Return a header without values."""
    texts = {"name": "", "wearer": "", "device_id": "", "clock_state": "unset", "side": "unknown", "mount": "unknown"}
    values: dict[str, Any] = {name: texts.get(name) for name in RunHeaderMessage.__match_args__}
    return RunHeaderMessage(**values, raw=values)


def _header_message(layout: Layout, content: bytes, header: dict[str, Any]) -> RunHeaderMessage:
    """Decode the header's own message, which ends before the checksum."""
    end = header["length"] - 4
    message = layout.decode(content[end - layout.size : end])
    if not isinstance(message, RunHeaderMessage):
        raise DamagedData("the header describes another message in place of its own")
    return message


def _skim(rows: list[bytes], kind: int, payload: bytes, layout: Layout) -> bool:
    """Add the payload of a block of strides. Ignore raw samples. Return False if the last stride is cut."""
    if kind != runfile.STRIDES or not layout.size:
        return True
    if whole := len(payload) % layout.size == 0:
        rows.append(payload)
    return whole


def _take(run: Run, kind: int, payload: bytes, layouts: Mapping[int, Layout]) -> None:
    layout = layouts.get(runfile.MESSAGE.get(kind, -1))
    if layout is None:
        return  # An unknown kind of block, from a later version.
    if run.rows is not None and kind != runfile.EVENTS:
        run.missing += not _skim(run.rows, kind, payload, layout)
        return
    # A size of 0 is that of a message with only a field of any length.
    pieces = [payload[at : at + layout.size] for at in range(0, len(payload), layout.size or len(payload) or 1)]
    try:
        messages = [layout.decode(piece) for piece in ([payload] if kind == runfile.RAW else pieces)]
    except WireError:
        run.missing += 1
        return
    for message in messages:
        if isinstance(message, StrideMessage):
            run.strides.append(Stride.of(message, run.strides[-1] if run.strides else None))
    run.events += [message for message in messages if isinstance(message, EventMessage)]
    run.raw += [message for message in messages if isinstance(message, RawMessage)]
