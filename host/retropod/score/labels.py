"""Labelled recordings: a folder with NAME.npz or NAME.csv, strides.csv and still.csv."""

import csv
import io
import math
import re
from dataclasses import dataclass
from pathlib import Path

from retropod.errors import DamagedData, UsageError
from retropod.inputs import MIB, read_bytes

LABELS = ("forward", "backward", "lateral_left", "lateral_right", "turn", "other")
_STRIDES, _STILL = "strides.csv", "still.csv"
_COLUMNS = ("recording", "t0_s", "t1_s", "label")
_NUMBERS = ("t0_s", "t1_s", "length_m", "yaw_deg")
_SAVE = (
    "save it as UTF-8 text with the columns recording,t0_s,t1_s and, for strides.csv, label,gait,length_m,yaw_deg,truth"
)
GIVE = "give a folder with NAME.npz or NAME.csv, strides.csv and optionally still.csv"
_MOST_BYTES = 64 * MIB
_MOST_SHOWN = 200  # characters of the names of columns
TURNING_DEG = 60.0  # strides that turn by more than this form a group of their own


@dataclass(frozen=True, slots=True)
class Label:
    """A labelled stride from mid-stance to mid-stance. `t0_s`, `t1_s`: recording time in s. None: unknown.

    `truth`: source of the label. `yaw_deg`: change of heading, left positive. `person`: "" if the file does not name
    one.
    """

    recording: str
    t0_s: float
    t1_s: float
    label: str
    gait: str
    truth: str
    length_m: float | None
    yaw_deg: float | None
    person: str = ""

    @property
    def direction(self) -> str:
        """Direction of the label: forward, backward, lateral, turn or other."""
        return self.label.partition("_")[0]

    @property
    def group(self) -> str:
        """Group in which the stride is counted: direction/gait, and `turning` if it turns by more than 60 degrees."""
        turning = self.direction != "turn" and self.yaw_deg is not None and abs(self.yaw_deg) > TURNING_DEG
        return f"{self.direction}/{self.gait}" + (" turning" if turning else "")


@dataclass(frozen=True, slots=True)
class Set:
    """Labelled recordings. `paths`: file of each. `still`: (recording, t0_s, t1_s), intervals in s without a step."""

    paths: dict[str, Path]
    labels: list[Label]
    still: list[tuple[str, float, float]]

    @property
    def names(self) -> list[str]:
        """Names of the recordings."""
        return list(self.paths)


def read(*folders: Path) -> Set:
    """Read folders of labelled recordings. `paths` includes the recordings that only labels name.

    A table NAME.csv is a recording if strides.csv names it. Raises UsageError if all recordings or strides.csv of a
    folder are missing, or if two folders contain a recording of
    the same name. Raises DamagedData, with file and line, for invalid rows.
    """
    joined = Set({}, [], [])
    for folder in folders:
        one = _folder(folder)
        for name in sorted(joined.paths.keys() & one.paths.keys()):
            cause = f"{one.paths[name]} has the name of a recording in {joined.paths[name].parent}"
            raise UsageError(cause, "score the folders one by one, or rename the recording")
        joined.paths.update(one.paths)
        joined.labels.extend(one.labels)
        joined.still.extend(one.still)
    return joined


def _folder(folder: Path) -> Set:
    if not any(folder.glob("*.npz")) and not _tables(folder):
        raise UsageError(f"no recordings in {folder}", GIVE)
    labels = [_label(folder / _STRIDES, row, number) for number, row in _rows(folder / _STRIDES)]
    still_path = folder / _STILL
    still = [_interval(still_path, row, number) for number, row in _rows(still_path)] if still_path.is_file() else []
    names = {label.recording for label in labels} | {path.stem for path in folder.glob("*.npz")}
    tables = _tables(folder)
    paths = {name: tables.get(name, folder / f"{name}.npz") for name in sorted(names)}
    return Set(paths, sorted(labels, key=lambda label: (label.recording, label.t0_s)), still)


def _tables(folder: Path) -> dict[str, Path]:
    """Return the recordings in CSV by name, without those that also have NAME.npz."""
    found = {path.stem: path for path in folder.glob("*.csv") if path.name not in (_STRIDES, _STILL)}
    return {name: path for name, path in found.items() if not (folder / f"{name}.npz").exists()}


def set_of(recording: str) -> str:
    """Return the set of a recording: its name up to the first underscore."""
    return recording.partition("_")[0]


def person_of(recording: str) -> str:
    """Return the person of a recording by its name: the set and the numbers that follow, without the last part.

    SET_1 of SET_1-2_left, SET_2023_08_23 of SET_2023_08_23_run, SET of SET_run.
    """
    found = re.match(r"[^_]+(?:_\d+)*(?=[_-])", recording) if "_" in recording else None
    return found.group() if found else recording


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a file of values separated by comma, semicolon or tab, with or without a BOM."""
    text = _text(path)
    heading = text.partition("\n")[0]
    separator = max(",;\t", key=heading.count)
    try:
        reader = csv.DictReader(
            io.StringIO(text, newline=""), restkey="", restval="", delimiter=separator, skipinitialspace=True
        )
        reader.fieldnames = [(name or "").strip() for name in reader.fieldnames or ()]
        rows = list(enumerate(reader, 2))
    except csv.Error as error:
        raise DamagedData(f"{path}: {error}", _SAVE) from error
    required = _COLUMNS if path.name == _STRIDES else _COLUMNS[:3]
    missing = [name for name in required if name not in reader.fieldnames]
    if missing:
        found = ", ".join(reader.fieldnames)[:_MOST_SHOWN]
        raise DamagedData(f"{path}: columns {', '.join(missing)} are missing, it has {found or 'none'}", _SAVE)
    decimals = separator != ","
    return [(number, _plain(row, decimals)) for number, row in rows]


def _plain(row: dict[str, str], decimals: bool) -> dict[str, str]:
    """Return a row without surplus cells, and with points for `decimals` commas."""
    texts = {name: (value or "").strip() for name, value in row.items() if name}
    return {name: value.replace(",", ".") if decimals and name in _NUMBERS else value for name, value in texts.items()}


def _text(path: Path) -> str:
    try:
        return read_bytes(path, _MOST_BYTES, _SAVE).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DamagedData(f"{path} is not text in UTF-8: {error.reason} at byte {error.start}", _SAVE) from error


def _interval(path: Path, row: dict[str, str], number: int) -> tuple[str, float, float]:
    start, end = _number(path, row, number, "t0_s"), _number(path, row, number, "t1_s")
    if start is None or end is None or end <= start or not row.get("recording"):
        raise DamagedData(f"{path}:{number}: recording is missing, or t0_s is not before t1_s", "fix or remove the row")
    return row["recording"], start, end


def _label(path: Path, row: dict[str, str], number: int) -> Label:
    recording, start, end = _interval(path, row, number)
    label = row.get("label", "")
    if label not in LABELS:
        raise DamagedData(f"{path}:{number}: unknown label {label!r}", f"use one of {', '.join(LABELS)}")
    return Label(
        recording, start, end, label, row.get("gait") or "any", row.get("truth") or "not stated",
        _number(path, row, number, "length_m"), _number(path, row, number, "yaw_deg"), row.get("person", ""),
    )  # fmt: skip


def _number(path: Path, row: dict[str, str], line: int, column: str) -> float | None:
    text = row.get(column) or ""
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DamagedData(f"{path}:{line}: {column} is not a number: {text!r}", "fix or remove the row")
    return value
