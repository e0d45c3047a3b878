"""Recordings of other sensors: from NAME.npz, from a table NAME.csv, or from a capture."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retropod.errors import DamagedData, UsageError
from retropod.recording import npz, plausible, table
from retropod.recording.plausible import Doubt
from retropod.recording.units import Interpretation, OptionMissing

_NAMES = ("acc", "gyr", "fs", "acc_lsb", "gyr_lsb", "gaps", "events")
_OTHER_GYR = ("gyr", "ang", "omega", "rot")  # beginnings of names that are meant for `gyr`
_LEAST_HZ, _MOST_HZ = 10.0, 8000.0  # the fastest motion sensors have 8 kHz
_MOST_VALUE = 1e9  # m/s^2 and rad/s: larger ones overflow later; counts of 24 bits are smaller
_MOST_S = 6 * 3600.0
_GIVE = (
    "give NAME.npz with acc (N,3) in m/s^2, gyr (N,3) in rad/s and fs in Hz, or NAME.csv; see `retropod replay --help`"
)
_AS_IN_FILE = Interpretation()


@dataclass(frozen=True)
class Recording:
    """`acc` (N,3) and `gyr` (N,3) or None, factors to m/s^2 and rad/s, rate in Hz, in the shoe frame.

    `gaps` (M,2): [first, end) indices of missing samples, for which the arrays have placeholders. `events` (M,2):
    samples of marked toe-offs and contacts. `doubts`: reasons why the recording may be wrong.
    """

    acc: NDArray[Any]
    gyr: NDArray[Any] | None
    acc_unit: float
    gyr_unit: float
    rate_hz: float
    gaps: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), np.int64))
    events: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))
    doubts: tuple[Doubt, ...] = ()

    @property
    def acc_mps2(self) -> NDArray[np.float64]:
        """Acceleration (N,3), in m/s^2."""
        return self.acc.astype(np.float64) * self.acc_unit

    @property
    def gyr_rad_s(self) -> NDArray[np.float64] | None:
        """Angular rate (N,3), in rad/s."""
        return None if self.gyr is None else self.gyr.astype(np.float64) * self.gyr_unit


def load(path: Path, gyroscope: bool = True, how: Interpretation | None = _AS_IN_FILE) -> Recording:
    """Read and check a recording, at most 10 million samples and six hours.

    `how` is None for a command without options for it: no hint names one.

    Raises DamagedData, which names the file, if it is invalid, and UsageError if its unit is certainly another one. A
    capture, and a unit that `how` states, only cause a doubt.
    """
    is_table = path.suffix.lower() in (".csv", ".txt", ".tsv")
    options, how = how is not None, how or _AS_IN_FILE
    try:
        recording, captured = (_of_table if is_table else _of_npz)(path, gyroscope, how)
    except OptionMissing as error:
        error.hint = f"{error.option}, or {error.hint}" if options else error.hint
        raise
    if len(recording.acc) > most_samples(recording.rate_hz):
        limit = f"the limit is {npz.MOST_SAMPLES:,} samples and {_MOST_S / 3600:.0f} h"
        hours = len(recording.acc) / recording.rate_hz / 3600
        raise DamagedData(f"{path} has {len(recording.acc):,} samples in {hours:.1f} h, {limit}", "cut it into parts")
    for name, values, unit in (("acc", recording.acc, recording.acc_unit), ("gyr", recording.gyr, recording.gyr_unit)):
        if values is not None and max(abs(float(values.min())), abs(float(values.max()))) > _MOST_VALUE / unit:
            raise DamagedData(f"{path} is not a recording: {name} has values beyond {_MOST_VALUE:g}", _GIVE)
    doubts = plausible.doubts(recording.acc_mps2, recording.gyr_rad_s, recording.rate_hz)
    doubts = [one.with_option() for one in doubts] if options else doubts
    for doubt in doubts:
        stated = how.acc_unit if doubt.kind == "acc_unit" else how.gyr_unit
        if doubt.certain and not captured and stated is None:
            raise UsageError(f"{path}: {doubt.cause}", doubt.hint)
    return replace(recording, doubts=tuple(doubts))


def most_samples(rate_hz: float) -> float:
    """Return the largest number of samples of a recording at this rate."""
    return min(npz.MOST_SAMPLES, _MOST_S * rate_hz)


def _of_table(path: Path, gyroscope: bool, how: Interpretation) -> tuple[Recording, bool]:
    read = table.read(path, _GIVE)
    gaps = np.empty((0, 2), np.int64)
    if how.rate_hz is None:
        read, rate_hz, gaps = table.even(read, path, _GIVE)
    else:
        rate_hz = how.rate_hz
    arrays: dict[str, NDArray[Any]] = {"acc": read.acc, "fs": np.array(rate_hz), "gaps": gaps}
    if read.gyr is not None:
        arrays["gyr"] = read.gyr
    return _checked(path, arrays, gyroscope, how), False


def _of_npz(path: Path, gyroscope: bool, how: Interpretation) -> tuple[Recording, bool]:
    found = npz.read(path, _NAMES, _GIVE)
    if "acc" not in found.values:
        raise DamagedData(f"{path} is not a recording: acc is missing, it has {_listed(found.names)}", _GIVE)
    other = next((name for name in found.names if name.lower().startswith(_OTHER_GYR) and name not in _NAMES), "")
    if gyroscope and "gyr" not in found.values and other:
        cause = f"{path}: gyr is missing, it has {_listed(found.names)}"
        raise OptionMissing(cause, f"rename {other} to gyr", "add --no-gyro")
    return _checked(path, found.values, gyroscope, how), found.captured


def _listed(names: list[str]) -> str:
    return ", ".join(name[:20] for name in names[:12]) or "no arrays"


def _checked(path: Path, arrays: dict[str, NDArray[Any]], gyroscope: bool, how: Interpretation) -> Recording:
    acc = _axes(path, arrays, "acc")
    gyr = _axes(path, arrays, "gyr") if gyroscope and "gyr" in arrays else None
    if gyr is not None and len(gyr) != len(acc):
        raise DamagedData(f"{path} is not a recording: {len(acc)} samples of acc, {len(gyr)} of gyr", _GIVE)
    rate_hz = how.rate_hz or _number(path, arrays, "fs", None)
    if not _LEAST_HZ <= rate_hz <= _MOST_HZ:
        limits = f"outside {_LEAST_HZ:g} to {_MOST_HZ:g} Hz"
        raise OptionMissing(f"{path} is not a recording: fs is {rate_hz:g} Hz, {limits}", _GIVE, "add --fs HZ")
    factors = how.factors
    units = [_number(path, arrays, f"{name}_lsb", 1.0) * factors[at] for at, name in enumerate(("acc", "gyr"))]
    return Recording(
        how.in_shoe(acc), None if gyr is None else how.in_shoe(gyr), units[0], units[1], rate_hz,
        _gaps(path, arrays, len(acc)), _events(path, arrays),
    )  # fmt: skip


def _gaps(path: Path, arrays: dict[str, NDArray[Any]], length: int) -> NDArray[np.int64]:
    gaps = arrays.get("gaps", np.empty((0, 2), np.int64))
    if gaps.dtype.kind not in "iu" or gaps.ndim != 2 or gaps.shape[1] != 2:
        raise DamagedData(f"{path} is not a recording: gaps is {gaps.dtype} of shape {gaps.shape}", _GIVE)
    edges = gaps.astype(np.int64).ravel()
    if len(edges) and (edges[0] < 0 or edges[-1] > length or (np.diff(edges) <= 0).any()):
        raise DamagedData(f"{path} is not a recording: gaps are not in order, or are outside its samples", _GIVE)
    return edges.reshape(-1, 2)


def _events(path: Path, arrays: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
    """Return the marks: each contact is after its toe-off, and the toe-offs are in order."""
    events = arrays.get("events", np.empty((0, 2)))
    if events.dtype.kind in "iuf" and events.size % 2 == 0 and np.isfinite(events).all():
        pairs = events.astype(np.float64).reshape(-1, 2)
        if (pairs >= 0).all() and (pairs[:, 1] > pairs[:, 0]).all() and (np.diff(pairs[:, 0]) > 0).all():
            return pairs
    raise DamagedData(f"{path} is not a recording: events are not pairs of toe-off and contact in order", _GIVE)


def _axes(path: Path, arrays: dict[str, NDArray[Any]], name: str) -> NDArray[Any]:
    values = arrays[name]
    if values.ndim != 2 or values.shape[1] != 3 or not len(values) or values.dtype.kind not in "iuf":
        transpose = "; transpose it" if values.ndim == 2 and values.shape[0] == 3 else ""
        raise DamagedData(
            f"{path} is not a recording: {name} is {values.dtype} of shape {values.shape}{transpose}", _GIVE
        )
    if not np.isfinite(values).all():
        place = int(np.argmax(~np.isfinite(values).all(axis=1)))
        raise DamagedData(f"{path} is not a recording: {name} has no finite number in sample {place}", _GIVE)
    return np.ascontiguousarray(values)


def _number(path: Path, arrays: dict[str, NDArray[Any]], name: str, default: float | None) -> float:
    """Return an array of one number, of any shape."""
    values = arrays.get(name)
    if values is None and default is not None:
        return default
    if values is None:
        raise OptionMissing(f"{path} is not a recording: {name} is missing", _GIVE, "add --fs HZ")
    value = float(values.reshape(-1)[0]) if values.size == 1 and values.dtype.kind in "iuf" else float("nan")
    if not np.isfinite(value) or value <= 0:
        raise DamagedData(f"{path} is not a recording: {name} is not one positive number", _GIVE)
    return value
