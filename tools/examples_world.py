"""Files for the examples of the documents: a store of sessions of the gait model, and recordings of another sensor."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from click.testing import CliRunner

from retropod import sources
from retropod.cli.commands import cli
from retropod.export import engine
from retropod.recording import Recording
from retropod.virtual.gaitmodel import ModelRecording, save_set, scenario
from retropod.virtual.gaitmodel.build import build as synthesised
from retropod.virtual.gaitmodel.session import Stage

_G = 9.80665
_DAY_S = 86_400.0
_LAST_S = 1_788_624_000.0  # 2026-09-05 16:00 UTC
# Sessions of intervals, up a hill backward and down forward: days before the last one, repetitions, strides
_SESSIONS = ((14, 2, 12), (9, 3, 12), (0, 5, 24))
_RATE_HZ = 833.0
_MPS = 2.5
# Times of a stride, in s: contact backward is about 0.8 of that forward (Wright & Weyand 2001)
_BACKWARD, _FORWARD = {"period_s": 0.66, "contact_s": 0.225}, {"period_s": 0.74, "contact_s": 0.295}
_SLOPE = -0.08  # rise over run, forward
_SEED = 3
_HEADER = sources.firmware_dir() / "pod" / "storage" / "runheader.py"
_CLOCK_ERROR_S = 0.004
# Facts in the header of a run that only a pod knows
_POD: dict[str, Any] = {
    "device_id": bytes.fromhex("240ac40000010000"),
    "name": "left foot",
    "side": "left",
    "chip": "lsm6dso32",
    "mount": "verified",
    "model": int(re.findall(r"^_MODEL = (\d+)", _HEADER.read_text("utf-8"), re.M)[0]),
}


_FEET = {"left": "240ac40000020000", "right": "240ac40000030000"}  # ids of pods


def build(folder: Path) -> None:
    """Write the files of the examples.

    `runs`: store of Ada and Cleo. `session.rpr`: last run of Ada. `walk.csv`: recording. `recordings`: labelled set.
    """
    for number, (days, repetitions, strides) in enumerate(_SESSIONS, start=1):
        run = folder / "session.rpr"
        start_s = _LAST_S - days * _DAY_S
        facts = engine.RecordingFacts("", "Ada", start_s)
        run.write_bytes(_run(_session(repetitions, strides), facts, {**_POD, "run": number, "boot_count": number}))
        _imported(folder, run)
    _two_feet(folder)
    mixed = [scenario("mixed", 208.0, seed, repeats=1) for seed in (1, 2)]
    for number, one in enumerate(mixed, start=1):
        one.name = f"runner{number}"
    save_set(folder / "recordings", mixed)
    for one in mixed:
        (folder / "recordings" / f"{one.name}.npz").unlink()
        _write_table(folder / "recordings" / f"{one.name}.csv", one)
    _write_table(folder / "walk.csv", mixed[0])


def _session(repetitions: int, strides: int) -> ModelRecording:
    """Return a session: walk ten steps, then run up a hill backward and down forward."""
    rest = Stage("stand", duration_s=6.0)
    stages = [rest, Stage("walk", strides=10), rest]
    for _ in range(repetitions):
        for kind, times in (("backward-run", _BACKWARD), ("run", _FORWARD)):
            stages += [Stage(kind, strides=strides, speed_mps=_MPS, **times), rest]
    return synthesised("session", stages, _RATE_HZ, _SEED, _SLOPE)


def _two_feet(folder: Path) -> None:
    """Import a run of Cleo, recorded by two pods. The right foot has 20 ms more contact."""
    for side, offset_s in (("left", None), ("right", 0.02)):
        model = scenario("run", 416.0, _SEED, strides=60, speed_mps=2.8, second_offset_s=offset_s)
        pod = {**_POD, "run": 11, "name": side, "side": side, "device_id": bytes.fromhex(_FEET[side])}
        run = folder / f"{side}.rpr"
        run.write_bytes(_run(model, engine.RecordingFacts("", "Cleo", _LAST_S - _DAY_S), pod))
        _imported(folder, run)


def _run(model: ModelRecording, facts: engine.RecordingFacts, pod: dict[str, Any]) -> bytes:
    """Return the run file of a session, with the header and the clock of a pod."""
    held = Recording(model.acc, model.gyr, 1.0, 1.0, model.fs)
    header = engine._header

    def of_pod(*given: Any) -> dict[str, Any]:
        return header(*given) | pod

    with mock.patch.object(engine, "_header", of_pod), mock.patch.object(engine, "_START_ERROR_S", _CLOCK_ERROR_S):
        return engine.through_engine(held, facts).content


def copy(world: Path, folder: Path) -> None:
    """Copy the files to another folder, so that commands can change them."""
    shutil.copytree(world, folder, dirs_exist_ok=True)


def _imported(folder: Path, run: Path) -> None:
    with mock.patch.dict(os.environ, {"RETROPOD_RUNS": str(folder / "runs")}):
        done = CliRunner().invoke(cli, ["import", str(run)])
    if done.exception is not None:
        raise SystemExit(f"error: the import failed: {done.output}")


def _write_table(path: Path, model: ModelRecording) -> None:
    path.write_text("\n".join(_lines(model)) + "\n", "utf-8")


def _lines(model: ModelRecording) -> Iterator[str]:
    """Yield a table of a usual logger: time in s, acceleration in g, rotation in deg/s."""
    assert model.gyr is not None
    yield "time,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z"
    for number, row in enumerate(np.hstack((model.acc / _G, np.degrees(model.gyr)))):
        yield f"{number / model.fs:.4f}," + ",".join(f"{value:.4f}" for value in row)
