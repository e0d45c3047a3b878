"""Labelled recordings: strides.csv and still.csv beside NAME.npz."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from retropod.errors import DamagedData, UsageError

LABELS = ("forward", "backward", "lateral_left", "lateral_right", "turn", "other")
TURNING_DEG = 60.0  # a walking stride that turns more than this is a case of its own


@dataclass(frozen=True, slots=True)
class Label:
    """One stride that somebody vouches for, from mid-stance to mid-stance, in seconds of the recording."""

    recording: str
    t0_s: float
    t1_s: float
    label: str
    gait: str
    truth: str
    length_m: float | None
    yaw_deg: float | None

    @property
    def direction(self) -> str:
        """forward, backward, lateral, turn or other."""
        return self.label.partition("_")[0]

    @property
    def group(self) -> str:
        """What it is counted under."""
        turning = self.direction != "turn" and self.yaw_deg is not None and abs(self.yaw_deg) > TURNING_DEG
        return f"{self.direction}/{self.gait}" + (" turning" if turning else "")


@dataclass(frozen=True, slots=True)
class Set:
    """A folder of recordings with their labels. `still`: (recording, t0_s, t1_s) in which nobody takes a step."""

    folder: Path
    names: list[str]
    labels: list[Label]
    still: list[tuple[str, float, float]]


def read(folder: Path) -> Set:
    """Read a folder. Raises UsageError when it is none of recordings, DamagedData with file and line otherwise."""
    names = sorted(path.stem for path in folder.glob("*.npz"))
    if not names:
        raise UsageError(f"no recordings in {folder}", "a folder with NAME.npz, strides.csv and, if you can, still.csv")
    labels = [_label(folder / "strides.csv", row, number) for number, row in _rows(folder / "strides.csv")]
    still_path = folder / "still.csv"
    still = [_interval(still_path, row, number) for number, row in _rows(still_path)] if still_path.is_file() else []
    known = set(names)
    for one in (label.recording for label in labels):
        if one not in known:
            raise DamagedData(
                f"{folder / 'strides.csv'}: there is no recording {one}", "every label needs its NAME.npz"
            )
    return Set(folder, names, sorted(labels, key=lambda label: (label.recording, label.t0_s)), still)


def set_of(recording: str) -> str:
    """The part of a recording's name that says where it comes from: up to the first underscore."""
    return recording.partition("_")[0]


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(enumerate(csv.DictReader(file, restval=""), 2))
    except FileNotFoundError as error:
        raise UsageError(
            f"there is no {path}", "columns: recording,t0_s,t1_s,label,gait and, if known, length_m,yaw_deg"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DamagedData(f"{path}: {error}", "it should be text with commas between values") from error


def _interval(path: Path, row: dict[str, str], number: int) -> tuple[str, float, float]:
    start, end = _number(path, row, number, "t0_s"), _number(path, row, number, "t1_s")
    if start is None or end is None or end <= start or not row.get("recording"):
        raise DamagedData(f"{path}:{number}: needs a recording and t0_s before t1_s", "mend or remove the row")
    return row["recording"], start, end


def _label(path: Path, row: dict[str, str], number: int) -> Label:
    recording, start, end = _interval(path, row, number)
    label = row.get("label", "")
    if label not in LABELS:
        raise DamagedData(f"{path}:{number}: unknown label {label!r}", f"one of {', '.join(LABELS)}")
    return Label(
        recording, start, end, label, row.get("gait") or "any", row.get("truth") or "not said",
        _number(path, row, number, "length_m"), _number(path, row, number, "yaw_deg"),
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
        raise DamagedData(f"{path}:{line}: {column} is {text!r}, no number", "mend or remove the row")
    return value
