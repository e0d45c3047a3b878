"""Recordings as text: comma-separated values with one sample per line and the names of the columns in the first."""

import io
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retropod.errors import DamagedData
from retropod.inputs import MIB, read_bytes
from retropod.recording.npz import MOST_SAMPLES
from retropod.recording.units import OptionMissing

_MOST_BYTES = 256 * MIB
_MOST_LINE = 10_000  # characters
# Spellings of a column, in lower case without units and separators.
_SENSORS = {
    "acc": ("acc", "a", "accel", "accelerometer", "acceleration"),
    "gyr": ("gyr", "g", "w", "gyro", "gyroscope", "angularvelocity", "omega"),
}
_TIMES = ("time", "t", "timestamp", "seconds")
_SECONDS = (1.0, 1e-3, 1e-6, 1e-9)
_RATES_HZ = 10.0, 2000.0  # the unit of a time is the one that gives such a rate
_GAP = 1.75  # sample intervals without a sample that are a gap
_PAUSE = 3.0  # intervals; a longer one is left out of the mean


Floats = NDArray[np.float64]


class Table(NamedTuple):
    """Columns of a file: `acc` (N,3), `gyr` (N,3) or None, `time_s` (N,) or None, as in the file. `names`: found."""

    acc: Floats
    gyr: Floats | None
    time_s: Floats | None
    names: list[str]


def read(path: Path, give: str) -> Table:
    """Return the columns of a file of values separated by comma, semicolon or tab, with or without a BOM.

    Raises DamagedData, which names file and fault, for an invalid file; other errors: see `inputs.check`.
    """
    text = _decoded(path, read_bytes(path, _MOST_BYTES, give), give)
    heading, _, body = text.partition("\n")
    separator = max(";\t,", key=heading.count)
    names = [" ".join(name.split()).strip('"') for name in heading.strip().split(separator)]
    if len(heading) > _MOST_LINE or len(names) < 3:
        raise DamagedData(f"{path} is not a recording: its first line has no names of columns", give)
    places = _places(path, names, give)
    if body.count("\n") > MOST_SAMPLES:
        raise DamagedData(
            f"{path} has more than {MOST_SAMPLES:,} lines, which is the limit", f"cut it into parts; {give}"
        )
    values = _numbers(path, body, separator, [place for group in places.values() for place in group], give)
    columns: dict[str, Floats] = {}
    for name, group in places.items():
        columns[name], values = values[:, : len(group)], values[:, len(group) :]
    time = columns.get("time")
    return Table(columns["acc"], columns.get("gyr"), None if time is None else _seconds(path, time[:, 0], give), names)


def even(table: Table, path: Path, give: str) -> tuple[Table, float, NDArray[np.int64]]:
    """Return the table with evenly spaced samples, its rate in Hz, and the gaps (M,2), which are interpolated.

    Raises DamagedData without times, or if they span too many samples.
    """
    if table.time_s is None:
        raise OptionMissing(f"{path} has no column time: it has {', '.join(table.names)}", give, "add --fs HZ")
    steps = np.diff(table.time_s)
    interval = float(steps[steps < _PAUSE * np.median(steps)].mean())  # the median of rounded times is rounded too
    before = np.flatnonzero(steps > _GAP * interval)
    if not len(before):
        return table, len(steps) / float(table.time_s[-1]), np.empty((0, 2), np.int64)
    place = table.time_s / interval
    if place[-1] >= MOST_SAMPLES:
        raise DamagedData(f"{path}: the times span {place[-1]:,.0f} samples, the limit is {MOST_SAMPLES:,}", give)
    whole = np.arange(np.floor(place[-1]) + 1)
    gyr = None if table.gyr is None else _interpolated(whole, place, table.gyr)
    gaps = _merged(np.floor(place[before]) + 1, np.ceil(place[before + 1]))
    return Table(_interpolated(whole, place, table.acc), gyr, whole * interval, table.names), 1.0 / interval, gaps


def _merged(starts: Floats, ends: Floats) -> NDArray[np.int64]:
    """Return the gaps (M,2). Merge two gaps that touch, because no whole index has the sample between them."""
    apart = ends[:-1] < starts[1:]
    return np.column_stack([starts[np.r_[True, apart]], ends[np.r_[apart, True]]]).astype(np.int64)


def _interpolated(whole: Floats, place: Floats, values: Floats) -> Floats:
    return np.column_stack([np.interp(whole, place, axis) for axis in values.T])


def _decoded(path: Path, content: bytes, give: str) -> str:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    except UnicodeDecodeError as error:
        raise DamagedData(f"{path} is not a recording: it is neither npz nor text in UTF-8", give) from error


def _places(path: Path, names: list[str], give: str) -> dict[str, list[int]]:
    """Return the columns of each quantity. Raises DamagedData, which names them, if one is missing or doubled."""
    plain = [re.sub(r"\(.*?\)|\[.*?\]|[\s_.\-]", "", name.lower()) for name in names]
    found: dict[str, list[int]] = {}
    for sensor, words in _SENSORS.items():
        axes = [[at for at, name in enumerate(plain) if name in {word + axis for word in words}] for axis in "xyz"]
        if any(axes) and any(len(places) != 1 for places in axes):
            raise DamagedData(f"{path} has not one column for each axis of {sensor}: it has {', '.join(names)}", give)
        if any(axes):
            found[sensor] = [places[0] for places in axes]
    if "acc" not in found:
        raise DamagedData(f"{path} has no columns acc_x, acc_y, acc_z: it has {', '.join(names)}", give)
    times = [at for at, name in enumerate(plain) if name in _TIMES or name.rstrip("snum") in _TIMES]
    return found | ({"time": times[:1]} if times else {})


def _numbers(path: Path, body: str, separator: str, columns: list[int], give: str) -> Floats:
    if separator != "," and "," in body and "." not in body:
        body = body.replace(",", ".")  # decimal commas
    if not body.strip():
        raise DamagedData(f"{path} has no samples", give)
    try:
        return np.loadtxt(
            io.StringIO(body), delimiter=separator, usecols=columns, ndmin=2, comments=None, quotechar='"'
        )
    except ValueError as error:
        raise DamagedData(f"{path} is not a recording: {str(error).splitlines()[0].rstrip('.')}", give) from error


def _seconds(path: Path, time: Floats, give: str) -> Floats:
    """Return times in s. The unit is the one that gives a possible sample rate."""
    steps = np.diff(time)
    if not np.isfinite(time).all() or (steps <= 0).any() or len(time) < 2:
        line = int(np.argmax(~(steps > 0))) + 3 if len(time) > 1 else 2
        raise DamagedData(f"{path}:{line}: the time does not increase", f"fix or remove the column time; {give}")
    interval = float(np.median(steps))
    for unit in _SECONDS:
        if _RATES_HZ[0] <= 1.0 / (interval * unit) <= _RATES_HZ[1]:
            return (time - time[0]) * unit
    raise DamagedData(f"{path}: the times are {interval:g} apart, which gives an impossible sample rate", give)
