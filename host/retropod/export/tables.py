"""The tables of an export: their columns, with units in the names, and the columns of one run."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from retropod.export.text import visible
from retropod.insight.columns import Coded, Values
from retropod.insight.metrics import GROUP, METRICS

Kind = Literal["text", "integer", "number", "time"]
Columns = dict[str, Values]


class Column(NamedTuple):
    """A column: name with unit, kind of its values, and meaning. A `time` is in s since 1970 in memory."""

    name: str
    kind: Kind
    meaning: str


class ExportTable(NamedTuple):
    """A table: name (also of its files), name of one row in JSON lines, and columns."""

    name: str
    row: str
    columns: tuple[Column, ...]


_RUN = Column("run", "text", "Name of the run, as the commands accept it.")
_WEARER = Column("wearer", "text", "Name of the wearer. Unknown: empty in the settings of the pod.")
_SIDE = Column("side", "text", "Foot with the pod: left or right.")
_DIRECTION = Column("direction", "text", "Direction relative to the shoe: forward, backward, lateral or unknown.")
_ERROR_S = "Error bound of the time, in s."

RUNS = ExportTable("runs", "run", (
    _RUN,
    Column("pod", "text", "Id of the pod, hexadecimal."),
    Column("pod_name", "text", "Name of the pod."),
    _WEARER,
    _SIDE,
    Column("firmware", "text", "Version of the app on the pod."),
    Column("model", "integer", "Version of the stride engine."),
    Column("chip", "text", "Motion sensor."),
    Column("rate_hz", "number", "Sample rate at the start of the run, in Hz."),
    Column("mount", "text", "State of the mount: none, given, verified or suspect."),
    Column("start_utc", "time", "Start of the run, UTC."),
    Column("start_error_s", "number", _ERROR_S),
    Column("missing_blocks", "integer", "Number of lost blocks of the file."),
    Column("damaged_bytes", "integer", "Number of damaged bytes of the file."),
    Column("surface", "text", "Surface, as `retropod tag` sets it."),
    Column("grade_percent", "number", "Grade of the ground, in per cent, positive uphill."),
    Column("shoe", "text", "Shoe."),
    Column("note", "text", "Note of the user."),
))  # fmt: skip

STRIDES = ExportTable("strides", "stride", (
    _RUN,
    _WEARER,
    _SIDE,
    Column("number", "integer", "Number of the stride since the pod started."),
    Column("sample", "integer", "Sample index of the opening mid-stance."),
    Column("time_utc", "time", "Time of the opening mid-stance, UTC."),
    Column("time_error_s", "number", _ERROR_S),
    Column("uptime_s", "number", "Pod uptime of the opening mid-stance, in s."),
    _DIRECTION,
    Column("lateral_side", "text", "Side of a lateral stride: left or right."),
    Column("confidence", "number", "Probability of the most likely direction, 0 to 1."),
    Column("cycle_s", "number", "Stride time of this foot, in s."),
    Column("cadence_spm", "number", "Steps per minute of both feet."),
    Column("contact_time_s", "number", "Time on the ground, from initial contact to toe-off, in s."),
    Column("aerial_time_s", "number", "Time in the air before each contact, in s. Assumes both feet alike."),
    Column("length_m", "number", "Horizontal distance of the stride, in m."),
    Column("speed_mps", "number", "Speed along the toe axis, in m/s, negative backward."),
    Column("along_m", "number", "Displacement along the toe axis, in m, negative backward."),
    Column("lateral_m", "number", "Displacement across the toe axis, in m, positive to the left."),
    Column("rise_m", "number", "Displacement upwards, in m."),
    Column("yaw_deg", "number", "Change of heading over the stride, in degrees, positive to the left."),
    Column("pitch_deg", "number", "Pitch of the foot at the contact, in degrees, positive toe up."),
    Column("peak_g", "number", "Highest acceleration at the contact, in g, with gravity."),
    Column("loading_g_per_s", "number", "Steepest rise of acceleration into that peak, in g/s."),
    Column("strike", "text", "Part of the foot at the initial contact: heel, not_heel or unknown."),
    Column("strike_confidence", "number", "Probability of the strike, 0 to 1."),
    Column("period_s", "number", "Time from the opening to the closing mid-stance, in s."),
    Column("toe_off_s", "number", "Time from the opening mid-stance to toe-off, in s."),
    Column("contact_s", "number", "Time from the opening mid-stance to the contact, in s."),
    Column("flags", "text", "Limitations. With gap, tilt_open or clipped_gyr, length and speed are unreliable."),
))  # fmt: skip

_GROUP = (
    _DIRECTION,
    Column("start_utc", "time", "Start, UTC."),
    Column("start_error_s", "number", _ERROR_S),
    Column("into_run_s", "number", "Time from the start of the run, in s."),
    Column("duration_s", "number", "Duration, in s."),
    *(Column(name, "integer" if name == "strides" else "number", METRICS[name].definition) for name in GROUP),
    Column("absent", "text", "Reasons for the metrics that are absent."),
)

BOUTS = ExportTable("bouts", "bout", (
    _RUN, _WEARER, _SIDE, Column("number", "integer", "Number of the bout in the run, from 1."), *_GROUP,
))  # fmt: skip

LAPS = ExportTable("laps", "lap", (
    _RUN,
    _WEARER,
    _SIDE,
    Column("number", "integer", "Number of the lap, which its mark ends. A lap has a row for each direction."),
    *_GROUP,
))  # fmt: skip

TABLES = {table.name: table for table in (RUNS, STRIDES, BOUTS, LAPS)}


def of_rows(table: ExportTable, rows: Sequence[Mapping[str, Any]]) -> Columns:
    """Return the columns of rows, in the order of the table. A missing value is unknown."""
    return {column.name: _values(column.kind, [row.get(column.name) for row in rows]) for column in table.columns}


def constant(text: str, count: int) -> Coded:
    """Return a column of one text. An empty text is unknown."""
    return Coded(np.zeros(count, np.int32), [visible(text) or None])


def length(columns: Columns) -> int:
    """Return the number of rows."""
    first = next(iter(columns.values()))
    return len(first.codes if isinstance(first, Coded) else first)


def _values(kind: Kind, values: list[Any]) -> Values:
    if kind == "text":
        return coded(values)
    if kind == "integer":
        return np.array([value or 0 for value in values], np.int64)
    return np.array([np.nan if value is None else value for value in values], np.float64)


def coded(texts: Iterable[str | None]) -> Coded:
    """Return a column of texts."""
    listed = [visible(text or "") or None for text in texts]
    places = {word: at for at, word in enumerate(dict.fromkeys(listed))}
    return Coded(np.array([places[text] for text in listed], np.int32), list(places))
