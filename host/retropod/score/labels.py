"""Labelled recordings: a folder with NAME.npz, strides.csv and still.csv."""

import csv
import math
import re
from dataclasses import dataclass
from pathlib import Path

from retropod.errors import DamagedData, UsageError

LABELS = ("forward", "backward", "lateral_left", "lateral_right", "turn", "other")
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
    """A folder of labelled recordings. `still`: (recording, t0_s, t1_s), intervals in s without a step."""

    folder: Path
    names: list[str]
    labels: list[Label]
    still: list[tuple[str, float, float]]


def read(folder: Path) -> Set:
    """Read a folder of labelled recordings.

    Raises UsageError if recordings or strides.csv are missing, and DamagedData, with file and line, for invalid rows.
    """
    names = sorted(path.stem for path in folder.glob("*.npz"))
    if not names:
        raise UsageError(
            f"no recordings in {folder}", "give a folder with NAME.npz, strides.csv and optionally still.csv"
        )
    labels = [_label(folder / "strides.csv", row, number) for number, row in _rows(folder / "strides.csv")]
    still_path = folder / "still.csv"
    still = [_interval(still_path, row, number) for number, row in _rows(still_path)] if still_path.is_file() else []
    known = set(names)
    for one in (label.recording for label in labels):
        if one not in known:
            raise DamagedData(
                f"{folder / 'strides.csv'}: recording {one} is missing", f"add {one}.npz, or remove its labels"
            )
    return Set(folder, names, sorted(labels, key=lambda label: (label.recording, label.t0_s)), still)


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
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(enumerate(csv.DictReader(file, restval=""), 2))
    except FileNotFoundError as error:
        raise UsageError(
            f"{path} is missing", "add it, with the columns recording,t0_s,t1_s,label,gait[,length_m,yaw_deg,truth]"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DamagedData(f"{path}: {error}", "save it as UTF-8 text with comma-separated values") from error


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
