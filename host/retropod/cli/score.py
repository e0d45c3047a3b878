"""`retropod score`."""

from pathlib import Path
from typing import Any

import click

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.options import options
from retropod.cli.readings import reading
from retropod.errors import DamagedData, UsageError
from retrowire import bus


@command("score")
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@reading
@click.option(
    "--chip",
    default="lsm6dso32",
    show_default=True,
    metavar="NAME",
    help="Select the chip that scales the samples.",
)
@click.option(
    "--rate",
    "rate_hz",
    type=int,
    default=208,
    show_default=True,
    metavar="HZ",
    help="Set the sample rate. The chip uses its nearest rate. Recordings with a lower rate are omitted.",
)
@click.option("--no-gyro", is_flag=True, help="Ignore the gyroscope of the recordings.")
@click.option(
    "--mount",
    type=click.Choice(["given", "none"]),
    default="given",
    show_default=True,
    help="Select the mount. Recordings are in the shoe frame, so it is `given`.",
)
@click.option("--mistakes", is_flag=True, help="List every stride that was missed or classified wrongly.")
def score(
    folders: tuple[Path, ...], acc_unit: str | None, gyr_unit: str | None, axes: str | None, fs: float | None,
    chip: str, rate_hz: int, no_gyro: bool, mount: str, mistakes: bool,
) -> None:  # fmt: skip
    """Score the engine of the pod, on MicroPython, on the labelled recordings in each folder DIR.

    DIR contains NAME.npz or NAME.csv (see `retropod replay --help`), strides.csv and optionally still.csv. The options
    of units, axes and rate apply to all recordings. Columns of strides.csv:
    recording,t0_s,t1_s,label[,gait,length_m,yaw_deg,truth,person], separated by comma, semicolon or tab. Each row is a
    stride from mid-stance to mid-stance. A label is forward, backward, lateral_left, lateral_right, turn or other.
    Without a column person, the name of the recording gives the person: SET_1 of SET_1-2_left, SET of SET_run. Columns
    of still.csv: recording,t0_s,t1_s of standing. A recording can mark events in `events` (toe-off, contact; in
    samples).

    A recording that cannot be read is listed, and the exit code is 5. scipy is required: `pip install '.[score]'` in
    the folder of retropod.

    Figures in [] are 95 % intervals. The interval of a share of right strides by confidence takes the strides of a
    person as alike, so it needs two persons. A label that turns more than twice as much as the gyroscope is refused: it
    is counted separately and not scored.
    """
    from retropod.recording import Interpretation
    from retropod.score.labels import GIVE
    from retropod.score.run import CHIPS, Conditions
    from retropod.score.run import score as run

    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{folder} is not a folder", GIVE)
    if chip not in CHIPS:
        raise UsageError(f"{chip} is not a known chip", f"use one of {', '.join(CHIPS)}")
    conditions = Conditions(chip, float(nearest(chip, rate_hz)), not no_gyro, mount)
    scored = run(folders[0], conditions, *folders[1:], how=Interpretation(acc_unit, gyr_unit, axes, fs))
    if options().json:
        output.print_json(scored)
    else:
        _show(scored)
        if mistakes:
            _mistakes(scored)
    for one in scored["doubts"]:
        output.print_warning(f"{one['recording']}: {one['cause']}; {one['hint']}")
    _end(scored["failed"])


def _end(failed: list[dict[str, str]]) -> None:
    """Print each recording that was not scored. Raises DamagedData if there is one."""
    if failed:
        for one in failed:
            output.print_warning(f"{one['recording']} was not scored: {one['cause']}; {one['hint']}")
        names = ", ".join(one["recording"] for one in failed)
        raise DamagedData(f"{len(failed)} of the recordings could not be scored: {names}", "fix or remove these files")


def _show(scored: dict[str, Any]) -> None:
    from retropod.score.table import blocks

    conditions = scored["conditions"]
    sensor = "accelerometer and gyroscope" if conditions["gyroscope"] else "accelerometer only"
    output.print_line(f"{conditions['chip']}, {sensor}, {conditions['rate_hz']:g} Hz, mount {conditions['mount']}")
    if scored["left_out"]:
        output.print_line(f"omitted, because of a lower sample rate: {', '.join(scored['left_out'])}")
    for headings, rows, right in blocks(scored):
        output.print_line()
        output.print_table(headings, rows, right)


def _mistakes(scored: dict[str, Any]) -> None:
    from retropod.insight.directions import in_words
    from retropod.score.table import group

    rows = [
        [one["recording"], f"{one['t0_s']:.2f}", group(one["group"]), in_words(one["called"] or "missed"),
         "-" if one["confidence"] is None else f"{one['confidence']:.3f}"]
        for one in scored["strides"]
        if one["called"] not in (one["label"].partition("_")[0], "unknown")
    ]  # fmt: skip
    output.print_line()
    output.print_table(["recording", "from s", "label/gait", "called", "confidence"], rows, "lrllr")


def nearest(chip: str, rate_hz: int) -> int:
    """Return the rate of the chip that is nearest to `rate_hz`, by ratio."""
    if rate_hz <= 0:
        raise UsageError(f"{rate_hz} Hz is not a valid sample rate", "give a positive --rate, such as 104 or 208")
    return bus.rate(bus.driver(chip), rate_hz)
