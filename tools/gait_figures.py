"""Draws strides of the model over strides of real recordings: median and quartiles against the part of the stride.

`python -m tools.gait_figures OUT.png` with RETROPOD_DATA set to a folder of labelled recordings;
without it the model is drawn alone. The picture is for looking at: shapes, amplitudes and the order of events should
agree.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retropod.virtual.gaitmodel.foot import GRAVITY_M_S2
from retropod.virtual.gaitmodel.motion import Array
from retropod.virtual.gaitmodel.recording import ModelRecording, TrueStride
from retropod.virtual.gaitmodel.scenarios import scenario
from tools import datasets

_POINTS = 300
_FORCE, _PITCH = 6, 7  # rows
_ROWS = ("ax [g]", "ay [g]", "az [g]", "gx [rad/s]", "gy [rad/s]", "gz [rad/s]", "|a| [g]", "pitch [deg]")
_RATE_HZ = 400.0
_FEWEST = 20


@dataclass(frozen=True)
class Group:
    """Strides that are held against each other."""

    scenario: str
    label: str
    gait: str
    prefix: str = "uci"
    """of the recordings' names: the set with the fullest movements and the widest range"""


GROUPS = (
    Group("walk", "forward", "walk"),
    Group("backward-walk", "backward", "walk"),
    Group("jog", "forward", "jog"),
    Group("run", "forward", "run"),
    Group("side-left", "lateral_left", "walk"),
    Group("side-right", "lateral_right", "walk"),
    Group("backward-run", "backward", "run"),
)


def traces(recording: ModelRecording, stride: TrueStride) -> Array | None:
    """(rows, points): the signals of a stride stretched to a common length; None at the edge or without gyroscope."""
    first, last = round(stride.t0_s * recording.fs), round(stride.t1_s * recording.fs)
    if recording.gyr is None or first < 0 or last >= len(recording.acc) or last - first < 20:
        return None
    acc, gyr = recording.acc[first : last + 1] / GRAVITY_M_S2, recording.gyr[first : last + 1]
    pitch = np.degrees(-np.cumsum(gyr[:, 1]) / recording.fs)
    rows = np.column_stack([acc, gyr, np.linalg.norm(acc, axis=1), pitch]).T
    part, grid = np.linspace(0.0, 1.0, rows.shape[1]), np.linspace(0.0, 1.0, _POINTS)
    return np.stack([np.interp(grid, part, row) for row in rows])


def recorded(folder: Path, prefix: str = "") -> dict[str, ModelRecording]:
    """Labelled recordings of a folder with their strides; those whose name starts with `prefix`."""
    strides: dict[str, list[TrueStride]] = {}
    with (folder / "strides.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["recording"].startswith(prefix):
                strides.setdefault(row["recording"], []).append(_labelled(row))
    return {name: _loaded(folder / f"{name}.npz", found) for name, found in strides.items()}


def _labelled(row: dict[str, str]) -> TrueStride:
    t0_s, t1_s, length = float(row["t0_s"]), float(row["t1_s"]), float(row.get("length_m") or "nan")
    return TrueStride(t0_s, t1_s, t0_s, t1_s, None, row["label"], row["gait"], length, 0.0, 0.0, 0.0)


def _loaded(path: Path, strides: list[TrueStride]) -> ModelRecording:
    with np.load(path) as stored:
        acc, gyr = (stored[k] * float(stored.get(f"{k}_lsb", 1.0)) for k in ("acc", "gyr"))
        return ModelRecording(acc, gyr, float(stored["fs"]), strides, name=path.stem)


def of_group(recordings: dict[str, ModelRecording], group: Group) -> tuple[Array, Array]:
    """Traces (n, rows, points) and (n, 2) of stride time (s) and speed (m/s) of the recordings' strides of a group."""
    found: list[Array] = []
    facts: list[tuple[float, float]] = []
    for name, recording in recordings.items():
        wanted = (s for s in recording.strides if (s.label, s.gait) == (group.label, group.gait))
        for stride in wanted if name.startswith(group.prefix) else ():
            trace = traces(recording, stride)
            if trace is not None:
                found.append(trace)
                facts.append((stride.t1_s - stride.t0_s, stride.speed_mps))
    return np.array(found), np.array(facts)


def aligned(strides: Array, group: Group) -> Array:
    """The strides stretched piecewise so that both extremes of pitch fall on one place; side-steps as they are.

    Mid-stance is a long quiet stretch and its labelled instant wanders in it; without this the medians smear what a
    foot does within 40 ms.
    """
    if group.label not in ("forward", "backward"):
        return strides
    sign = -1.0 if group.label == "backward" else 1.0
    grid, out = np.arange(_POINTS), np.empty_like(strides)
    for index, rows in enumerate(strides):
        level = sign * (rows[_PITCH] - np.linspace(0.0, 1.0, _POINTS) * rows[_PITCH, -1])
        low = int(np.argmin(level[: int(0.7 * _POINTS)]))
        high = max(low + int(np.argmax(level[low:])), low + 2)
        source = np.interp(grid, (0, 0.35 * _POINTS, 0.65 * _POINTS, _POINTS - 1), (0, low, high, _POINTS - 1))
        out[index] = [np.interp(source, grid, row) for row in rows]
    return out


def modelled(group: Group, facts: Array, wearers: int = 8) -> Array:
    """Strides of the model at the recordings' speeds and cadences: each wearer at another quantile of speed."""
    found: list[Array] = []
    for seed in range(wearers):
        parameters: dict[str, float] = {}
        if len(facts) >= _FEWEST:
            order = np.argsort(facts[:, 1])
            near = facts[order[int((seed + 0.5) / wearers * len(order))]]
            parameters = {"speed_mps": float(near[1]), "cadence_per_min": float(60.0 / near[0])}
        recording = scenario(group.scenario, _RATE_HZ, seed, strides=12, **parameters)
        made = (traces(recording, stride) for stride in recording.strides[1:-1])
        found += [trace for trace in made if trace is not None]
    return np.array(found)


@dataclass(frozen=True)
class Pair:
    """Traces (n, rows, points) of a group, recorded and modelled."""

    group: Group
    real: Array
    model: Array


def paired(group: Group, recordings: dict[str, ModelRecording]) -> Pair:
    """A group's strides from both sides."""
    real, facts = of_group(recordings, group)
    return Pair(group, real, modelled(group, facts))


def draw(pairs: list[Pair], out: Path) -> None:
    """The picture: one column a group, one row a signal; recordings blue, model orange."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * len(pairs), 2.4 * len(_ROWS)))
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots(len(_ROWS), len(pairs), sharex=True, squeeze=False)
    for column, pair in enumerate(pairs):
        _draw_column(axes[:, column], [aligned(s, pair.group) for s in (pair.real, pair.model)])
        counted = f": {len(pair.real)} recorded strides" if len(pair.real) else ""
        axes[0, column].set_title(pair.group.scenario + counted)
    for row, name in enumerate(_ROWS):
        axes[row, 0].set_ylabel(name)
    figure.subplots_adjust(left=0.03, right=0.995, bottom=0.02, top=0.97, hspace=0.12, wspace=0.14)
    figure.savefig(out, dpi=60)


def _draw_column(axes: Any, both: list[Array]) -> None:
    grid = np.linspace(0.0, 1.0, _POINTS)
    for strides, colour in zip(both, ("tab:blue", "tab:orange"), strict=True):
        if len(strides) < _FEWEST:
            continue
        low, middle, high = np.quantile(strides, (0.25, 0.5, 0.75), axis=0)
        for row, axis in enumerate(axes):
            axis.fill_between(grid, low[row], high[row], color=colour, alpha=0.25, linewidth=0)
            axis.plot(grid, middle[row], color=colour)
            axis.plot(grid, strides[len(strides) // 3][row], color=colour, linewidth=0.4)
            axis.grid(visible=True, linewidth=0.3)


def summary(pair: Pair) -> list[str]:
    """Lines with medians over strides: hardest blow, fastest turns and furthest pitch, recorded and modelled."""
    out: list[str] = []
    for name, strides in (("recorded", pair.real), ("model", pair.model)):
        if len(strides) >= _FEWEST:
            blow = np.quantile(strides[:, _FORCE].max(axis=1), (0.25, 0.5, 0.75))
            turn = [np.median(edge(strides[:, 4], axis=1)) for edge in (np.max, np.min)]
            pitch = [np.median(edge(strides[:, _PITCH], axis=1)) for edge in (np.max, np.min)]
            out.append(
                f"{pair.group.scenario:14s} {name:9s} n={len(strides):4d}"
                f"  peak |a| {blow[1]:5.1f} g ({blow[0]:.1f}-{blow[2]:.1f})"
                f"  gy {turn[0]:5.1f} {turn[1]:6.1f} rad/s  pitch {pitch[0]:4.0f} {pitch[1]:5.0f} deg"
            )
    return out


def main(arguments: list[str]) -> int:
    """Write the picture named by the one argument, and a table to standard output."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m tools.gait_figures OUT.png\n")
        return 2
    folder = datasets.known("dev")
    recordings = recorded(folder) if folder else {}
    pairs = [paired(group, recordings) for group in GROUPS]
    for pair in pairs:
        sys.stdout.write("".join(f"{line}\n" for line in summary(pair)))
    draw(pairs, Path(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
