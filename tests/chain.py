"""Known truth through the whole chain: gait model, engine of the pod, run file, and each output of the host.

Each output is read as its user reads it: `show --json`, the tables of the report, CSV, and FIT by an
independent reader.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner

from host.modeltruth import TrueBout, true_bouts
from host.test_export_fit import messages
from retropod import sources
from retropod.cli.commands import cli
from retropod.cli.options import reset
from retropod.client import wire
from retropod.export.engine import stride_values
from retropod.export.fitfields import DIRECTION
from retropod.export.runwriter import run_file
from retropod.recording import Recording
from retropod.score.engine_runner import ChipScale, EngineJob, counts_of, run
from retropod.virtual.gaitmodel import ModelRecording, scenario

_HZ = 416.0
_START_S = 1_800_000_000
_DIRECTIONS = ("forward", "backward")
SESSIONS: dict[str, dict[str, Any]] = {
    "hill-intervals": {"seed": 3, "repeats": 3, "strides": 20},
    "walk": {"seed": 5, "strides": 40, "speed_mps": 1.4},
    "backward-walk": {"seed": 6, "strides": 40, "speed_mps": 1.0},
    "run": {"seed": 7, "strides": 60, "speed_mps": 3.0},
    "backward-run": {"seed": 8, "strides": 60, "speed_mps": 2.2},
}
"""Parameters of the gait model, by the name of its scenario."""


class Metric(NamedTuple):
    """Largest error by direction, and half of the last digit in the report. `unit` and `per`: of the table."""

    forward: float
    backward: float
    digit: float
    unit: str
    per: float

    def tolerance(self, direction: str, output: str) -> float:
        """Return the largest error of a value in an output."""
        return (self.backward if direction == "backward" else self.forward) + (output == "report") * self.digit


# Contact and start of backward running: see the event timing in docs/science.md.
METRICS = {
    "strides": Metric(0, 0, 0, "", 1),
    "start_s": Metric(0.25, 0.25, 0.05, "ms", 1000),
    "end_s": Metric(0.3, 0.3, 0.05, "ms", 1000),
    "distance_m": Metric(0.6, 0.6, 0.5, "cm", 100),
    "speed_mps": Metric(0.05, 0.08, 0.005, "mm/s", 1000),
    "cadence_spm": Metric(2.5, 2.5, 0.5, "0.01/min", 100),
    "contact_time_s": Metric(0.015, 0.030, 0.0005, "ms", 1000),
    "length_m": Metric(0.04, 0.02, 0, "mm", 1000),
}
OUTPUTS = ("show", "report", "csv", "fit")
Values = dict[str, Any]


class Entry(NamedTuple):
    """One value of a bout: its truth, and the value in each output that states it."""

    session: str
    bout: int
    direction: str
    metric: str
    truth: float
    found: dict[str, float]

    def outside(self) -> list[str]:
        """Return the outputs whose value is outside its tolerance."""
        allowed = METRICS[self.metric].tolerance
        return [name for name, value in self.found.items()
                if not abs(value - self.truth) <= allowed(self.direction, name) + 1e-9]  # fmt: skip


class Session:
    """A session in a run file, with its truth. `marks_s`: marks in the rests after each repetition, in s."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self.model = scenario(name, _HZ, **SESSIONS[name])
        self.truth = true_bouts(self.model.strides)
        self.marks_s = [(one.end_s + other.start_s) / 2 for one, other in pairwise(self.truth)
                        if one.direction == "forward"]  # fmt: skip
        self.path = folder / f"{name}.rpr"
        self.path.write_bytes(_content(self.model, self.marks_s))

    def run(self, *words: str) -> str:
        """Return the output of a command."""
        reset()
        done = CliRunner().invoke(cli, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    def lines(self, kind: str) -> list[dict[str, Any]]:
        """Return the lines of one type of `show --json`."""
        found = map(json.loads, self.run("show", str(self.path), "--json").splitlines())
        return [one for one in found if one["type"] == kind]

    def rows(self, table: str) -> list[dict[str, str]]:
        """Return the rows of an exported table."""
        file = self.folder / f"{self.name}-{table}.csv"
        self.run("export", str(self.path), "--table", table, "--output", str(file), "--force")
        with file.open(newline="", encoding="utf-8-sig") as lines:
            return list(csv.DictReader(lines))

    def fit_laps(self) -> list[dict[str, Any]]:
        """Return the laps of the activity."""
        file = self.folder / f"{self.name}.fit"
        self.run("export", str(self.path), "--format", "fit", "--output", str(file), "--force")
        return messages(file)["lap"]

    def report(self, heading: str) -> list[list[str]]:
        """Return the rows of the first table after a heading of the report, with the row of titles."""
        file = self.folder / f"{self.name}.html"
        self.run("report", str(self.path), "--output", str(file), "--units", "si")
        part = file.read_text("utf-8").partition(f">{heading}</h")[2]
        rows = re.findall("<tr>(.*?)</tr>", part[: part.index("</table>")], re.DOTALL)
        cells = (re.findall("<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows)
        return [[re.sub("<[^>]*>", "", cell).strip() for cell in row] for row in cells]

    def laps(self) -> list[Values]:
        """Return the true number of strides and distance of each lap and direction."""
        number = {id(one): sum(mark < one.start_s for mark in self.marks_s) for one in self.truth}
        groups = groupby(sorted(self.truth, key=lambda one: (number[id(one)], _order(one))),
                         lambda one: (number[id(one)] + 1, one.direction))  # fmt: skip
        return [{"number": key[0], "direction": key[1], **_sums(list(part))} for key, part in groups]

    def entries(self) -> Iterator[Entry]:
        """Yield each value of each bout. An output with another number of bouts or another direction is an error."""
        found = {name: _BOUTS[name](self) for name in OUTPUTS}
        for name, bouts in found.items():
            assert [one["direction"] for one in bouts] == [one.direction for one in self.truth], (self.name, name)
        for number, true in enumerate(self.truth):
            for metric, value in _values(true).items():
                stated = {name: abs(float(found[name][number][metric])) for name in OUTPUTS
                          if metric in found[name][number]}  # fmt: skip
                yield Entry(self.name, number, true.direction, metric, value, stated)


def _content(model: ModelRecording, marks_s: list[float]) -> bytes:
    """Return the run of a recording with marks, as a pod with a gyroscope writes it."""
    chip = ChipScale()
    samples = counts_of(Recording(model.acc, model.gyr, 1.0, 1.0, model.fs), model.name, _HZ, chip, True)
    (found,) = run([EngineJob(samples, chip)], sources.firmware_dir())
    strides = [wire.encode("stride", **stride_values(one["slots"], _HZ)) for one in found]
    header = {"run": 1, "device_id": bytes.fromhex("240ac40000010000"), "rate_mhz": _HZ, "mount": "given",
              "acc_lsb_ug": chip.acc_lsb_ug * 1e-6, "gyr_lsb_udps": chip.gyr_lsb_udps * 1e-6, "length_factor": 1.0,
              "boot_count": 1, "uptime_s": 0, "uptime_ms": 0.0, "clock_state": "synced", "epoch_s": _START_S,
              "wearer": "Ada"}  # fmt: skip
    end_s = len(model.acc) / model.fs
    events = [
        _event("clock_sync", 0.0, _START_S - (1 << 31), 1000),
        *(_event("lap", at_s, number, 0) for number, at_s in enumerate(marks_s, 1)),
        _event("stopped", end_s, len(found), 0),
    ]
    return run_file(header, strides, events)


def _event(kind: str, at_s: float, a: int, b: int) -> dict[str, Any]:
    return {"kind": kind, "uptime_s": int(at_s), "uptime_ms": at_s % 1, "a": a, "b": b}


def _order(bout: TrueBout) -> int:
    return _DIRECTIONS.index(bout.direction)


def _sums(part: list[TrueBout]) -> Values:
    return {"strides": sum(one.strides for one in part), "distance_m": sum(one.distance_m for one in part)}


def _values(true: TrueBout) -> dict[str, float]:
    known = {"strides": true.strides, "start_s": true.start_s, "end_s": true.end_s, "distance_m": true.distance_m}
    return {name: abs({**true.values, **known}[name]) for name in METRICS}


def _of_show(session: Session) -> list[Values]:
    groups = [one["group"] for one in session.lines("bout")]
    return [
        {name: value["value"] if isinstance(value, dict) else value for name, value in group.items()}
        for group in groups
    ]


def _of_csv(session: Session) -> list[Values]:
    rows = session.rows("bouts")
    return [{**row, "start_s": row["into_run_s"], "end_s": float(row["into_run_s"]) + float(row["duration_s"])}
            for row in rows]  # fmt: skip


def _of_report(session: Session) -> list[Values]:
    titles, *rows = session.report("Bouts")
    named = (dict(zip(titles, row, strict=True)) for row in rows)
    return [
        {"direction": row["direction"], "start_s": _clock(row["from"]), "end_s": _clock(row["to"]),
         "strides": row["strides"], "distance_m": row["distance, m"], "speed_mps": row["speed, m/s"],
         "cadence_spm": row["cadence, steps/min"], "contact_time_s": float(row["contact, ms"]) / 1000}
        for row in named
    ]  # fmt: skip


def _clock(text: str) -> float:
    minutes, seconds = text.split(":")
    return 60 * int(minutes) + float(seconds)


def _of_fit(session: Session) -> list[Values]:
    """Return the laps with strides. FIT states no start of a bout: each lap begins at the end of the one before it."""
    return [
        {"direction": DIRECTION.names[lap["direction"]], "strides": lap["total_strides"],
         "distance_m": lap["total_distance"], "speed_mps": lap["avg_speed"],
         "cadence_spm": 2 * (lap["avg_running_cadence"] + lap["avg_fractional_cadence"]),
         "contact_time_s": lap["avg_stance_time"] / 1000, "length_m": lap["avg_step_length"] / 500}
        for lap in session.fit_laps() if lap["total_strides"]
    ]  # fmt: skip


_BOUTS: dict[str, Callable[[Session], list[Values]]] = {
    "show": _of_show, "report": _of_report, "csv": _of_csv, "fit": _of_fit,
}  # fmt: skip
