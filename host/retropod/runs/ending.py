"""The end of a stored run, read without the rest of the file."""

import io
from pathlib import Path
from typing import Any

from retropod.client.messages import EventMessage
from retropod.client.wire import Layout, WireError
from retrowire import checkedhead, runfile, schema

_TAIL = runfile.MAX_BLOCK_PAYLOAD + runfile.BLOCK_AROUND  # bytes that contain the last block


def ended(path: Path) -> bool:
    """Return whether the file ends with the mark of a run that the pod ended. Raises OSError or ValueError.

    Without it, the end is unknown: a power cut ended the run, the file is cut, or the pod was recording.
    """
    with path.open("rb") as file:
        header: dict[str, Any] = checkedhead.read_header(file.read(runfile.HEADER_MAX))
        size = file.seek(0, io.SEEK_END)
        file.seek(max(size - _TAIL, header["length"]))
        blocks = list(runfile.scan(file.read))
    kind, _, _, payload = blocks[-1] if blocks else (0, 0, 0, b"")
    rows = header["messages"].get(schema.EVENT)
    return kind == runfile.EVENTS and rows is not None and _last_kind(bytes(payload), rows) == "stopped"


def _last_kind(payload: bytes, rows: tuple[str, tuple[tuple[str, str, str, int, int], ...]]) -> str | int:
    layout = Layout((schema.EVENT, rows[0], 0, False, rows[1]))
    try:
        event = layout.decode(payload[-layout.size :])
    except WireError as error:
        raise ValueError(str(error)) from error
    return event.kind if isinstance(event, EventMessage) else ""
