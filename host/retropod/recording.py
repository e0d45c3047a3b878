"""Recordings of other sensors, read from NAME.npz or out of a capture: what replay, score and sim take."""

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
    "a recording is NAME.npz with acc (N,3) in m/s^2, fs in Hz, mostly gyr (N,3) in rad/s; acc_lsb, gyr_lsb for counts"
)


@dataclass(frozen=True)
class Recording:
    """`acc` (N,3) and `gyr` (N,3) or None as stored, factors to m/s^2 and rad/s, rate in Hz, in the shoe frame.

    `gaps` (M,2): where samples are missing though the arrays hold something there: the first one, the first behind it.
    """

    acc: NDArray[Any]
    gyr: NDArray[Any] | None
    acc_unit: float
    gyr_unit: float
    rate_hz: float
    gaps: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), np.int64))


def load(path: Path, gyroscope: bool = True) -> Recording:
    """Read and check a recording. Raises DamagedData, naming the file, for what is none."""
    try:
        held = _arrays(path)
    except (OSError, ValueError, TypeError, EOFError, BadZipFile, AttributeError) as error:
        raise DamagedData(f"{path} is no recording: it cannot be read as npz", _HINT) from error
    gyr = _axes(path, held, "gyr") if gyroscope and "gyr" in held else None
    acc = _axes(path, held, "acc")
    if gyr is not None and len(gyr) != len(acc):
        raise DamagedData(f"{path} is no recording: {len(acc)} samples of acc, {len(gyr)} of gyr", _HINT)
    rate_hz = _number(path, held, "fs", None)
    if not _LEAST_HZ <= rate_hz <= _MOST_HZ:
        raise DamagedData(f"{path} is no recording: fs is {rate_hz:g} Hz", _HINT)
    units = _number(path, held, "acc_lsb", 1.0), _number(path, held, "gyr_lsb", 1.0)
    return Recording(acc, gyr, *units, rate_hz, _gaps(path, held, len(acc)))


def _gaps(path: Path, held: dict[str, NDArray[Any]], length: int) -> NDArray[np.int64]:
    gaps = held.get("gaps", np.empty((0, 2), np.int64))
    if gaps.dtype.kind not in "iu" or gaps.ndim != 2 or gaps.shape[1] != 2:
        raise DamagedData(f"{path} is no recording: gaps is {gaps.dtype} of shape {gaps.shape}", _HINT)
    edges = gaps.astype(np.int64).ravel()
    if len(edges) and (edges[0] < 0 or edges[-1] > length or (np.diff(edges) <= 0).any()):
        raise DamagedData(f"{path} is no recording: gaps are out of order, or beyond its samples", _HINT)
    return edges.reshape(-1, 2)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    with np.load(path, allow_pickle=False) as stored:
        if IN_CAPTURE not in stored.files:
            return {name: stored[name] for name in _NAMES if name in stored.files}
        inner = io.BytesIO(bytes(stored[IN_CAPTURE]))
    with np.load(inner, allow_pickle=False) as stored:
        return {name: stored[name] for name in _NAMES if name in stored.files}


def _axes(path: Path, held: dict[str, NDArray[Any]], name: str) -> NDArray[Any]:
    values = held.get(name)
    if values is None:
        raise DamagedData(f"{path} is no recording: {name} is missing", _HINT)
    if values.ndim != 2 or values.shape[1] != 3 or not len(values) or values.dtype.kind not in "iuf":
        raise DamagedData(f"{path} is no recording: {name} is {values.dtype} of shape {values.shape}", _HINT)
    if not np.isfinite(values).all():
        raise DamagedData(f"{path} is no recording: {name} holds values that are no numbers", _HINT)
    return values


def _number(path: Path, held: dict[str, NDArray[Any]], name: str, default: float | None) -> float:
    if name not in held and default is not None:
        return default
    try:
        value = float(held[name])
    except (KeyError, TypeError, ValueError):
        value = float("nan")
    if not np.isfinite(value) or value <= 0:
        raise DamagedData(f"{path} is no recording: {name} is missing or no positive number", _HINT)
    return value
