"""A stored run read back, by the rows that the file itself carries."""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retropod.errors import DamagedData, ProtocolMismatch
from retropod.insight.stride import Stride
from retropod.wire import Layout, Message, WireError
from retrowire import runfile, schema


@dataclass
class Run:
    """What a run file holds. `damaged`: byte ranges that no whole block covers; `missing`: blocks lost in between."""

    header: Message
    strides: list[Stride] = field(default_factory=list)
    events: list[Message] = field(default_factory=list)
    raw: list[Message] = field(default_factory=list)
    damaged: list[tuple[int, int]] = field(default_factory=list)
    missing: int = 0
    blocks: int = 0
    size: int = 0

    @property
    def whole(self) -> bool:
        """Whether nothing of the file was damaged or lost."""
        return not self.damaged and not self.missing


def read(path: Path) -> Run:
    """Read a run file. Raises DamagedData when not even its header can be read, ProtocolMismatch when it is too new.

    Damage further on is listed in the result and costs only the blocks that it hit.
    """
    try:
        return parse(path.read_bytes())
    except DamagedData as error:
        raise DamagedData(f"{path}: {error.message}", error.hint) from error


def parse(content: bytes) -> Run:
    """`read` for bytes."""
    header = _header(content)
    layouts = {number: Layout((number, name, 0, False, rows)) for number, (name, rows) in header["messages"].items()}
    run = Run(_header_message(layouts[schema.RUN_HEADER], content, header), size=len(content))
    source = io.BytesIO(content)
    source.seek(header["length"])
    scan = runfile.scan(source.read, header["length"])
    expected = 0
    for kind, sequence, _, payload in scan:
        run.missing += max(sequence - expected, 0)
        expected = sequence + 1
        run.blocks += 1
        _take(run, kind, bytes(payload), layouts)
    run.damaged = list(scan.damaged)
    return run


def _header(content: bytes) -> dict[str, Any]:
    try:
        return runfile.read_header(content[: runfile.HEADER_MAX])
    except runfile.Incompatible as error:
        raise ProtocolMismatch(str(error), "pip install --upgrade retropod") from error
    except (ValueError, KeyError, UnicodeDecodeError) as error:
        raise DamagedData(
            f"not a run that can be read: {error}", "a run file is what `retropod download` stores"
        ) from error


def _header_message(layout: Layout, content: bytes, header: dict[str, Any]) -> Message:
    """The header's own message ends where its checksum begins."""
    end = header["length"] - 4
    return layout.decode(content[end - layout.size : end])


def _take(run: Run, kind: int, payload: bytes, layouts: dict[int, Layout]) -> None:
    layout = layouts.get(runfile.MESSAGE.get(kind, -1))
    if layout is None:
        return  # a kind of block that a later version writes
    try:
        if kind == runfile.RAW:
            run.raw.append(layout.decode(payload))
            return
        messages = [layout.decode(payload[at : at + layout.size]) for at in range(0, len(payload), layout.size)]
    except WireError:
        run.missing += 1
        return
    if kind == runfile.STRIDES:
        run.strides += [Stride.of(message) for message in messages]
    else:
        run.events += messages
