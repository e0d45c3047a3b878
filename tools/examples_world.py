"""Files for the examples of the documents: a store of sessions of the gait model, and recordings of another sensor."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np
from click.testing import CliRunner

from retropod.cli.commands import cli
from retropod.export.engine import RecordingFacts, through_engine
from retropod.recording import Recording
from retropod.virtual.gaitmodel import ModelRecording, save_set, scenario

_G = 9.80665
_DAY_S = 86_400.0
_LAST_S = 1_788_624_000.0  # 2026-09-05 16:00 UTC
# Sessions of intervals, up a hill backward and down forward: days before the last one, repetitions, strides, rate in Hz
_SESSIONS = ((14, 2, 12, 208.0), (9, 3, 12, 208.0), (0, 5, 24, 833.0))
_MPS = 2.5
_SEED = 3


def build(folder: Path) -> None:
    """Write `runs` (the store of Ada), `session.rpr` (her last run), `walk.csv` and the labelled set `recordings`."""
    for days, repetitions, strides, rate_hz in _SESSIONS:
        model = scenario("hill-intervals", rate_hz, _SEED, repeats=repetitions, strides=strides, speed_mps=_MPS)
        held = Recording(model.acc, model.gyr, 1.0, 1.0, model.fs)
        facts = RecordingFacts("session", "Ada", _LAST_S - days * _DAY_S)
        run = folder / "session.rpr"
        run.write_bytes(through_engine(held, facts).content)
        _imported(folder, run)
    mixed = [scenario("mixed", 208.0, seed, repeats=1) for seed in (1, 2)]
    for number, one in enumerate(mixed, start=1):
        one.name = f"runner{number}"
    save_set(folder / "recordings", mixed)
    (folder / "walk.csv").write_text("\n".join(_lines(mixed[0])) + "\n", "utf-8")


def copy(world: Path, folder: Path) -> None:
    """Copy the files to another folder, so that commands can change them."""
    shutil.copytree(world, folder, dirs_exist_ok=True)


def _imported(folder: Path, run: Path) -> None:
    with mock.patch.dict(os.environ, {"RETROPOD_RUNS": str(folder / "runs")}):
        done = CliRunner().invoke(cli, ["import", str(run)])
    if done.exception is not None:
        raise SystemExit(f"error: the import failed: {done.output}")


def _lines(model: ModelRecording) -> Iterator[str]:
    """Yield a table of a usual logger: time in s, acceleration in g, rotation in deg/s."""
    assert model.gyr is not None
    yield "time,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z"
    for number, row in enumerate(np.hstack((model.acc / _G, np.degrees(model.gyr)))):
        yield f"{number / model.fs:.4f}," + ",".join(f"{value:.4f}" for value in row)
