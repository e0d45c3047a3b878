"""A recording in the shoe frame with the truth about every stride, and its files."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .motion import Array

LABELS = ("forward", "backward", "lateral_left", "lateral_right", "turn", "other")

STRIDE_COLUMNS = (
    "recording", "t0_s", "t1_s", "label", "gait", "speed_mps", "length_m", "truth", "yaw_deg",
    "toe_off_s", "contact_s", "contact_time_s", "lateral_m", "rise_m",
)  # fmt: skip
"""Columns of strides.csv: first those of labelled recordings, then those that only a model knows."""


@dataclass(frozen=True)
class TrueStride:
    """Truth about one stride from mid-stance to mid-stance. Recording time in s, lengths in m."""

    t0_s: float
    t1_s: float
    toe_off_s: float
    contact_s: float
    """initial contact at the end of the swing"""
    contact_time_s: float | None
    """from the previous contact to this toe-off; None after standing"""
    label: str
    """one of LABELS"""
    gait: str
    length_m: float
    """horizontal displacement of the sensor along the mean heading, negative backward"""
    lateral_m: float
    """horizontal displacement across the mean heading, left positive"""
    rise_m: float
    yaw_deg: float
    """heading change, left positive"""

    @property
    def speed_mps(self) -> float:
        """Horizontal distance divided by duration, never negative."""
        return float(np.hypot(self.length_m, self.lateral_m)) / (self.t1_s - self.t0_s)

    def row(self, recording: str) -> dict[str, str]:
        """Return the row of strides.csv. Its `length_m` is an unsigned distance, as in labelled recordings."""
        return {
            "recording": recording,
            "t0_s": f"{self.t0_s:.4f}",
            "t1_s": f"{self.t1_s:.4f}",
            "label": self.label,
            "gait": self.gait,
            "speed_mps": f"{self.speed_mps:.3f}",
            "length_m": f"{float(np.hypot(self.length_m, self.lateral_m)):.4f}",
            "truth": "model",
            "yaw_deg": f"{self.yaw_deg:.1f}",
            "toe_off_s": f"{self.toe_off_s:.4f}",
            "contact_s": f"{self.contact_s:.4f}",
            "contact_time_s": "" if self.contact_time_s is None else f"{self.contact_time_s:.4f}",
            "lateral_m": f"{self.lateral_m:.4f}",
            "rise_m": f"{self.rise_m:.4f}",
        }


@dataclass
class ModelRecording:
    """Signals of one shoe with their truth. `acc` (N, 3) m/s^2, `gyr` (N, 3) rad/s or None; x toe, y left, z up."""

    acc: Array
    gyr: Array | None
    fs: float
    """sample rate, Hz"""
    strides: list[TrueStride] = field(default_factory=list[TrueStride])
    still: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """intervals (s) without strides: a stride reported there is a false alarm"""
    name: str = "model"
    path: Array | None = None
    """true position (N, 3) of the sensor relative to the ground, in m, if known"""

    @property
    def duration_s(self) -> float:
        """Length of the recording, in s."""
        return len(self.acc) / self.fs

    def save(self, path: Path) -> None:
        """Write NAME.npz to `path`, and NAME.strides.csv and NAME.still.csv to the same folder."""
        acc, fs = self.acc.astype(np.float32), np.float64(self.fs)
        if self.gyr is None:
            np.savez_compressed(path, acc=acc, fs=fs)
        else:
            np.savez_compressed(path, acc=acc, gyr=self.gyr.astype(np.float32), fs=fs)
        _write(path.with_suffix(".strides.csv"), STRIDE_COLUMNS, (s.row(path.stem) for s in self.strides))
        _write(path.with_suffix(".still.csv"), _STILL_COLUMNS, _still_rows(path.stem, self))


_STILL_COLUMNS = ("recording", "t0_s", "t1_s")


def save_set(folder: Path, recordings: Iterable[ModelRecording]) -> None:
    """Write a folder for `retropod score`: NAME.npz for each recording, strides.csv and still.csv for all."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = list(recordings)
    for recording in kept:
        recording.save(folder / f"{recording.name}.npz")
    strides = (stride.row(r.name) for r in kept for stride in r.strides)
    _write(folder / "strides.csv", STRIDE_COLUMNS, strides)
    _write(folder / "still.csv", _STILL_COLUMNS, (row for r in kept for row in _still_rows(r.name, r)))


def _still_rows(name: str, recording: ModelRecording) -> list[dict[str, str]]:
    return [{"recording": name, "t0_s": f"{a:.3f}", "t1_s": f"{b:.3f}"} for a, b in recording.still]


def _write(path: Path, columns: tuple[str, ...], rows: Iterable[Mapping[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
