"""`retropod replay`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from retropod.cli import output
from retropod.cli.frame import command, settings
from retropod.errors import UsageError
from retropod.virtual.board import CHIPS

if TYPE_CHECKING:
    from retropod.insight.stride import Stride
    from retropod.replay.replay import Replayed

RATES_HZ = (100, 104, 200, 208, 250, 333, 400, 416, 500, 833)  # those that pods can be set to
USUAL, ALONE = "lsm6dso32", "adxl345"


@command("replay")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--chip",
    type=click.Choice(list(CHIPS)),
    metavar="NAME",
    help=f"Sensor of the virtual pod: {', '.join(CHIPS)}. Without: {USUAL}, or {ALONE} for no gyroscope.",
)
@click.option("--rate", "rate_hz", type=int, metavar="HZ", help="Sample rate; the nearest that the chip has.")
@click.option("--no-gyro", is_flag=True, help="Accelerometer only, though the recording may hold a gyroscope.")
@click.option(
    "--mount",
    type=click.Choice(["given", "none", "learn"]),
    default="given",
    show_default=True,
    help="Recordings are in the shoe frame, so the mount is given; `learn` runs the mount check instead.",
)
def replay(file: Path, chip: str | None, rate_hz: int | None, no_gyro: bool, mount: str) -> None:  # fmt: skip
    """A recording (NAME.npz, or what `capture` wrote) through the whole virtual pod, as fast as this machine can.

    With --json one stride a line: toe_off_s and contact_s are the start and end of the swing in recording time;
    direction is forward, backward, lateral (with its side) or unknown; confidence the probability of the best class.
    """
    from retropod.replay.replay import Setup, source_of
    from retropod.replay.replay import replay as run

    source = source_of(existing(file), gyroscope=not no_gyro)
    setup = Setup(chip_for(chip, source.has_gyro), nearest(rate_hz), mount)
    show = _emit if settings().json else _Lines().show
    result = run(source, setup, show)
    speed = f"{result.duration_s:.1f} s of recording in {result.wall_s:.1f} s"
    ratio = f"{result.duration_s / result.wall_s:.0f} times real time, at {result.rate_hz:.1f} Hz, mount {mount}"
    output.note(f"{len(result.strides)} strides; {speed}, {ratio}")
    if result.watch.gaps:
        output.note(f"lost on the way: {result.watch.link()}")


def _emit(result: "Replayed", stride: "Stride") -> None:
    output.emit(result.as_json(stride))


class _Lines:
    """Strides as `live` shows them, by recording time."""

    def __init__(self) -> None:
        from rich.console import Console

        from retropod.live import view

        self._console, self._view = Console(highlight=False), view
        self._console.print(view.HEADING, style="bright_black")

    def show(self, result: "Replayed", stride: "Stride") -> None:
        """One line."""
        began = stride.end_s - (stride.sample / result.rate_hz + (stride.period_s or 0.0))
        self._console.print(self._view.stride_line(stride, began), soft_wrap=True)


def existing(path: Path) -> Path:
    """The path of a file that can be read. Raises UsageError with the reason when it cannot."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder", "give a recording: NAME.npz")
    if not path.is_file():
        raise UsageError(f"no such file: {path}", "a recording is NAME.npz with acc, fs and mostly gyr")
    return path


def chip_for(chip: str | None, gyroscope: bool) -> str:
    """The chip asked for, or one that fits. Raises UsageError for a gyroscope that would have nothing to feel."""
    if not gyroscope and chip not in (None, ALONE):
        raise UsageError(f"the {chip} has a gyroscope, and there are no rates for it", f"--chip {ALONE}, or none")
    return chip or (USUAL if gyroscope else ALONE)


def nearest(rate_hz: int | None) -> int | None:
    """The setting that is nearest to the rate asked for, by ratio; the pod takes the nearest that its chip has."""
    if rate_hz is None:
        return None
    if rate_hz <= 0:
        raise UsageError(f"no sample rate: {rate_hz} Hz", f"one of {', '.join(map(str, RATES_HZ))}")
    return min(RATES_HZ, key=lambda rate: max(rate / rate_hz, rate_hz / rate))
