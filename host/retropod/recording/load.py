"""Recordings of other sensors from NAME.npz or from a capture, for replay, score and sim."""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from retropod.errors import DamagedData

IN_CAPTURE = "samples.npz"  # the recording's name in what `retropod capture` writes
_NAMES = ("acc", "gyr", "fs", "acc_lsb", "gyr_lsb", "gaps")
_LEAST_HZ, _MOST_HZ = 10.0, 20_000.0
_HINT = (
    "give NAME.npz with acc (N,3) in m/s^2, fs in Hz, and optionally gyr (N,3) in rad/s; acc_lsb, gyr_lsb for counts"
)


@dataclass(frozen=True)
class Recording:
    """`acc` (N,3) and `gyr` (N,3) or None as stored, factors to m/s^2 and rad/s, rate in Hz, in the shoe frame.

    `gaps` (M,2): [first, end) indices of missing samples, for which the arrays have placeholders.
    """

    acc: NDArray[Any]
    gyr: NDArray[Any] | None
    acc_unit: float
    gyr_unit: float
    rate_hz: float
    gaps: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), np.int64))


def load(path: Path, gyroscope: bool = True) -> Recording:
    """Read and check a recording. Raises DamagedData, which names the file, if it is invalid."""
    try:
        arrays = _arrays(path)
    except (OSError, ValueError, TypeError, EOFError, BadZipFile, AttributeError) as error:
        raise DamagedData(f"{path} is not a recording: it cannot be read as npz", _HINT) from error
    gyr = _axes(path, arrays, "gyr") if gyroscope and "gyr" in arrays else None
    acc = _axes(path, arrays, "acc")
    if gyr is not None and len(gyr) != len(acc):
        raise DamagedData(f"{path} is not a recording: {len(acc)} samples of acc, {len(gyr)} of gyr", _HINT)
    rate_hz = _number(path, arrays, "fs", None)
    if not _LEAST_HZ <= rate_hz <= _MOST_HZ:
        raise DamagedData(f"{path} is not a recording: fs is {rate_hz:g} Hz", _HINT)
    units = _number(path, arrays, "acc_lsb", 1.0), _number(path, arrays, "gyr_lsb", 1.0)
    return Recording(acc, gyr, *units, rate_hz, _gaps(path, arrays, len(acc)))


def _gaps(path: Path, arrays: dict[str, NDArray[Any]], length: int) -> NDArray[np.int64]:
    gaps = arrays.get("gaps", np.empty((0, 2), np.int64))
    if gaps.dtype.kind not in "iu" or gaps.ndim != 2 or gaps.shape[1] != 2:
        raise DamagedData(f"{path} is not a recording: gaps is {gaps.dtype} of shape {gaps.shape}", _HINT)
    edges = gaps.astype(np.int64).ravel()
    if len(edges) and (edges[0] < 0 or edges[-1] > length or (np.diff(edges) <= 0).any()):
        raise DamagedData(f"{path} is not a recording: gaps are not in order, or are outside its samples", _HINT)
    return edges.reshape(-1, 2)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    with np.load(path, allow_pickle=False) as stored:
        if IN_CAPTURE not in stored.files:
            return {name: stored[name] for name in _NAMES if name in stored.files}
        inner = io.BytesIO(bytes(stored[IN_CAPTURE]))
    with np.load(inner, allow_pickle=False) as stored:
        return {name: stored[name] for name in _NAMES if name in stored.files}


def _axes(path: Path, arrays: dict[str, NDArray[Any]], name: str) -> NDArray[Any]:
    values = arrays.get(name)
    if values is None:
        raise DamagedData(f"{path} is not a recording: {name} is missing", _HINT)
    if values.ndim != 2 or values.shape[1] != 3 or not len(values) or values.dtype.kind not in "iuf":
        raise DamagedData(f"{path} is not a recording: {name} is {values.dtype} of shape {values.shape}", _HINT)
    if not np.isfinite(values).all():
        raise DamagedData(f"{path} is not a recording: {name} has values that are not finite numbers", _HINT)
    return values


def _number(path: Path, arrays: dict[str, NDArray[Any]], name: str, default: float | None) -> float:
    if name not in arrays and default is not None:
        return default
    try:
        value = float(arrays[name])
    except (KeyError, TypeError, ValueError):
        value = float("nan")
    if not np.isfinite(value) or value <= 0:
        raise DamagedData(f"{path} is not a recording: {name} is missing or not a positive number", _HINT)
    return value
