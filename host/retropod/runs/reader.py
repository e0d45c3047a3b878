"""A stored run read back, by the rows that the file itself carries."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retropod.errors import DamagedData, ProtocolMismatch
from retropod.insight.stride import Stride
from retropod.wire import Layout, Message, WireError, by_name, layouts
from retrowire import runfile, schema


@dataclass
class Run:
    """What a run file holds. `damaged`: byte ranges that no whole block covers; `missing`: blocks lost in between.

    `headless`: the header was damaged too. Its fields are not known then, and the blocks were read by this host's own
    layouts.
    """

    header: Message
    strides: list[Stride] = field(default_factory=list)
    events: list[Message] = field(default_factory=list)
    raw: list[Message] = field(default_factory=list)
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
    """Read a run file. Raises DamagedData when it holds nothing that can be read, ProtocolMismatch when it is too new.

    Damage is listed in the result and costs only the blocks that it hit.
    """
    try:
        return parse(path.read_bytes())
    except DamagedData as error:
        raise DamagedData(f"{path}: {error.message}", error.hint) from error


def parse(content: bytes) -> Run:
    """`read` for bytes."""
    try:
        header = _header(content)
    except DamagedData:
        run = Run(_no_header(), size=len(content), headless=True)
        _take_blocks(run, content, 0, layouts())
        if not run.blocks:
            raise
        return run
    own = {number: Layout((number, name, 0, False, rows)) for number, (name, rows) in header["messages"].items()}
    run = Run(_header_message(own[schema.RUN_HEADER], content, header), size=len(content))
    _take_blocks(run, content, header["length"], own)
    return run


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


def _no_header() -> Message:
    """A header of which nothing is known."""
    fields = by_name("run_header").fields
    texts = {"name": "", "wearer": "", "device_id": "", "clock_state": "unset", "side": "unknown", "mount": "unknown"}
    return Message("run_header", {}, {field.name: texts.get(field.name) for field in fields})


def _header_message(layout: Layout, content: bytes, header: dict[str, Any]) -> Message:
    """The header's own message ends where its checksum begins."""
    end = header["length"] - 4
    return layout.decode(content[end - layout.size : end])


def _take(run: Run, kind: int, payload: bytes, layouts: Mapping[int, Layout]) -> None:
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
