"""The capture file: a zip of JSON, raw samples, and the same samples as a recording.

- `capture.json`: versions, settings, state, faults and the results of the pod's self-test.
- `messages.jsonl`: strides and events received during the capture of samples.
- `raw.npz`: `counts` (N, axes) in chip axes and the `index` (N,) of each sample.
- `samples.npz`: a recording for `replay`, in the shoe frame if the mount is known. Gaps are filled by linear
  interpolation and listed in `gaps` (M, 2): the first missing sample and the first sample after the gap.
"""

import io
import json
import math
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any, cast

from retropod import durable
from retropod.capture.collect import Captured
from retropod.errors import OperationFailed, UsageError
from retropod.recording import IN_CAPTURE
from retropod.recording.write import compressed, in_shoe

_SPARE_BYTES = 1 << 16
_SPACE = "give another folder, or free some space there"
_README = """Capture of a retropod foot pod, made by `retropod capture` for a bug report.

capture.json    versions, settings, state, faults, results of the pod's self-test
messages.jsonl  strides and events received during the capture of samples
samples.npz     the samples as a recording: unpack it, or give this zip file to `retropod replay`
raw.npz         raw samples: counts in chip axes, with their index
"""


def reserve(path: Path, force: bool) -> None:
    """Check before the capture that `path` can be written. Raises UsageError or OperationFailed if it cannot."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder", f"give a file, for example {path / 'capture.zip'}")
    if os.path.lexists(path) and not force:
        raise UsageError(f"{path} already exists", "give another name, or --force to replace it")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is a pipe or a device, not a file", "give another name")
    if not path.parent.is_dir():
        raise UsageError(f"the folder {path.parent} does not exist", "create it, or give another one")
    try:
        with tempfile.TemporaryFile(dir=path.parent) as file:
            file.write(bytes(_SPARE_BYTES))
    except OSError as error:
        raise OperationFailed(f"cannot write {path}: {error.strerror}; nothing was captured", _SPACE) from error


def write(captured: Captured, path: Path, force: bool = False) -> Path:
    """Write the zip file durably and return its path.

    Without `force`, a file that got the name in the meantime is not replaced: the new file then has its SHA-256 in the
    name. Raises OperationFailed, which names the place where the capture was saved instead, if this fails.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _README)
        archive.writestr("capture.json", json.dumps(_finite(captured.report), indent=1, default=_plain) + "\n")
        lines = [json.dumps(_finite(message), default=_plain) + "\n" for message in captured.messages]
        archive.writestr("messages.jsonl", "".join(lines))
        if captured.samples is not None:
            samples = captured.samples
            archive.writestr("raw.npz", compressed(index=samples.index, counts=samples.counts))
            if captured.even:
                units = captured.acc_lsb_ug / 1e6, captured.gyr_lsb_udps / 1e6
                arrays = in_shoe(samples.index, samples.counts, captured.rate_hz, captured.matrix, *units)
                archive.writestr(IN_CAPTURE, compressed(**arrays))
    return save(path, content.getvalue(), force)


def save(path: Path, data: bytes, force: bool) -> Path:
    """Write a file. See `write`."""
    try:
        if not force:
            return durable.save_new(path, data)
        durable.replace(path, data)
        return path
    except OSError as error:
        raise OperationFailed(
            f"cannot write {path}: {error.strerror}; {_saved_elsewhere(path.name, data)}", _SPACE
        ) from error


def _saved_elsewhere(name: str, data: bytes) -> str:
    """Save the data in the folder for temporary files, and return a text that reports it."""
    try:
        return f"the capture is in {durable.save_new(Path(tempfile.gettempdir()) / name, data)}"
    except OSError:
        return "the capture is lost"


def _finite(value: Any) -> Any:
    """Return a copy in which null replaces numbers that JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in cast("dict[str, Any]", value).items()}
    return [_finite(one) for one in cast("list[Any]", value)] if isinstance(value, list | tuple) else value


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else str(value)
