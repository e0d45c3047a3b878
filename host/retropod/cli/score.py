"""`retropod score`."""

import json
from pathlib import Path
from typing import Any

import click

from retropod.cli import output
from retropod.cli.frame import command, settings
from retropod.errors import UsageError

_RATES_HZ = (104, 208, 416, 833)


@command("score")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--chip", default="lsm6dso32", show_default=True, help="Whose sensitivities the counts have.")
@click.option(
    "--rate",
    "rate_hz",
    type=int,
    default=208,
    show_default=True,
    metavar="HZ",
    help="Sample rate; the nearest that the chip has. Recordings stored slower are left out.",
)
@click.option("--no-gyro", is_flag=True, help="Accelerometer only.")
@click.option(
    "--mount",
    type=click.Choice(["given", "none"]),
    default="given",
    show_default=True,
    help="Recordings are in the shoe frame, so the mount is given.",
)
@click.option("--mistakes", is_flag=True, help="Every stride that was missed or called wrong, too.")
def score(folder: Path, chip: str, rate_hz: int, no_gyro: bool, mount: str, mistakes: bool) -> None:  # fmt: skip
    """The pod's engine, on MicroPython, against labelled recordings: NAME.npz with strides.csv and still.csv.

    strides.csv: recording,t0_s,t1_s,label,gait[,length_m,yaw_deg,truth], one row a stride between mid-stances,
    label forward, backward, lateral_left, lateral_right, turn or other. still.csv: recording,t0_s,t1_s of standing.
    Marked events stand in the recording as `events` (toe-off, contact; samples). Figures in [] are 95 % intervals.
    A label with more than twice the turn that the gyroscope made is refused: it is counted beside, and not scored.
    """
    from retropod.score.run import CHIPS, Conditions
    from retropod.score.run import score as run

    if not folder.is_dir():
        raise UsageError(f"no such folder: {folder}", "a folder with NAME.npz, strides.csv and, if you can, still.csv")
    if chip not in CHIPS:
        raise UsageError(f"unknown chip: {chip}", f"one of {', '.join(CHIPS)}")
    conditions = Conditions(chip, float(nearest(rate_hz)), not no_gyro, mount)
    scored = run(folder, conditions)
    if settings().json:
        output.line(json.dumps(scored, indent=1))
        return
    _show(scored)
    if mistakes:
        _mistakes(scored)


def _show(scored: dict[str, Any]) -> None:
    from retropod.score.table import blocks

    said = scored["conditions"]
    sensor = "accelerometer and gyroscope" if said["gyroscope"] else "accelerometer only"
    output.line(f"{said['chip']}, {sensor}, {said['rate_hz']:g} Hz, mount {said['mount']}")
    if scored["left_out"]:
        output.line(f"left out, stored slower than that: {', '.join(scored['left_out'])}")
    for headings, rows, right in blocks(scored):
        output.line()
        output.table(headings, rows, right)


def _mistakes(scored: dict[str, Any]) -> None:
    rows = [
        [one["recording"], f"{one['t0_s']:.2f}", one["group"], one["called"] or "missed",
         "-" if one["confidence"] is None else f"{one['confidence']:.3f}"]
        for one in scored["strides"]
        if one["called"] not in (one["label"].partition("_")[0], "unknown")
    ]  # fmt: skip
    output.line()
    output.table(["recording", "from s", "label/gait", "called", "confidence"], rows, "lrllr")


def nearest(rate_hz: int) -> int:
    """The rate of the LSM6DS family that is nearest to the one asked for, by ratio."""
    if rate_hz <= 0:
        raise UsageError(f"no sample rate: {rate_hz} Hz", f"one of {', '.join(map(str, _RATES_HZ))}")
    return min(_RATES_HZ, key=lambda rate: max(rate / rate_hz, rate_hz / rate))
