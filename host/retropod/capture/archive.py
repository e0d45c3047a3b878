"""What a capture becomes: one zip of JSON, the samples as the sensor gave them, and as a recording.

`capture.json` holds versions, settings, state, faults and the pod's tests of itself, `messages.jsonl` the strides and
events that came beside the samples, `raw.npz` their `counts` (N, axes) in the chip's axes and the `index` (N,) of each,
and `samples.npz` the same as a recording that `replay` reads: in the shoe frame as far as the mount is known, holes
filled by straight lines, and listed in `gaps` (M,2): the first sample of each, and the first behind it.
"""

import io
import json
import os
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retropod.capture.collect import Captured
from retropod.errors import OperationFailed, UsageError
from retropod.recording import IN_CAPTURE
from retropod.runs.samples import Samples

_G_M_S2 = 9.80665
_SPARE_BYTES = 1 << 16
_README = """A capture of a retropod foot pod, made by `retropod capture` for a report of what went wrong.

capture.json    versions, settings, state, faults, the pod's tests of itself
messages.jsonl  strides and events that came while the samples were taken
samples.npz     the samples as a recording: unpack it, or `retropod replay` this whole file
raw.npz         the samples as the sensor gave them: counts in the chip's axes, with their index
"""


def reserve(path: Path, force: bool) -> None:
    """Raise UsageError or OperationFailed now rather than after the samples, if `path` cannot be written."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder", f"name a file: {path / 'capture.zip'}")
    if path.exists() and not force:
        raise UsageError(f"{path} is there already", "another name, or --force to replace it")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}", "make it first, or name another")
    write_whole(path, bytes(_SPARE_BYTES), keep=False)


def write(held: Captured, path: Path) -> int:
    """Write the zip, whole or not at all; returns its size in bytes. Raises OperationFailed when it cannot be."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _README)
        archive.writestr("capture.json", json.dumps(held.report, indent=1, default=_plain) + "\n")
        lines = [json.dumps(message, default=_plain) + "\n" for message in held.messages]
        archive.writestr("messages.jsonl", "".join(lines))
        if held.samples is not None:
            archive.writestr("raw.npz", _npz(index=held.samples.index, counts=held.samples.counts))
            if held.rate_hz and held.acc_lsb_ug:
                archive.writestr(IN_CAPTURE, _npz(**_recording(held, held.samples)))
    write_whole(path, content.getvalue())
    return len(content.getvalue())


def _recording(held: Captured, samples: Samples) -> dict[str, Any]:
    """Acceleration in m/s^2, rates in rad/s, in the shoe frame, evenly spaced."""
    whole = np.arange(samples.index[0], samples.index[-1] + 1)
    even = np.column_stack([np.interp(whole, samples.index, axis) for axis in samples.counts.T])
    turn = np.array(held.matrix).reshape(3, 3)
    fields: dict[str, Any] = {
        "fs": held.rate_hz,
        "gaps": _gaps(samples.index),
        "acc": _turned(even[:, :3], turn, held.acc_lsb_ug * 1e-6 * _G_M_S2),
    }
    if samples.counts.shape[1] == 6:
        fields["gyr"] = _turned(even[:, 3:], turn, np.radians(held.gyr_lsb_udps * 1e-6))
    return fields


def _gaps(index: NDArray[np.int64]) -> NDArray[np.int64]:
    """(M,2): where samples are missing, counted from the first one; the end is the first that is there again."""
    before = np.flatnonzero(np.diff(index) > 1)
    return np.column_stack([index[before] + 1, index[before + 1]]) - index[0]


def _turned(counts: NDArray[np.float64], turn: NDArray[np.float64], unit: float) -> NDArray[np.float32]:
    return np.asarray(counts @ turn.T * unit, np.float32)


def _npz(**arrays: Any) -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


def write_whole(path: Path, data: bytes, keep: bool = True) -> None:
    """Replace `path` by `data` in one move; without `keep` only try it out. Raises OperationFailed with the reason."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        if keep:
            part.replace(path)
    except OSError as error:
        raise OperationFailed(
            f"{path} cannot be written: {error.strerror}", "another folder, or free some space there"
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else str(value)
