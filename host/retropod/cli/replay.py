"""`retropod replay`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.options import options
from retropod.cli.readings import print_doubts, reading
from retropod.errors import UsageError
from retropod.virtual.board import CHIPS

if TYPE_CHECKING:
    from retropod.insight.stride import Stride
    from retropod.replay.replay import Replayed

RATES_HZ = (100, 104, 200, 208, 250, 333, 400, 416, 500, 833)  # valid values of the setting rate_hz
USUAL, ALONE = "lsm6dso32", "adxl345"


@command("replay")
@click.argument("file", type=click.Path(path_type=Path))
@reading
@click.option(
    "--chip",
    type=click.Choice(list(CHIPS)),
    metavar="NAME",
    help=f"Select the sensor: {', '.join(CHIPS)}. Default: {USUAL}, or {ALONE} without a gyroscope.",
)
@click.option("--rate", "rate_hz", type=int, metavar="HZ", help="Set the sample rate. The chip uses its nearest rate.")
@click.option("--no-gyro", is_flag=True, help="Ignore the gyroscope of the recording.")
@click.option(
    "--mount",
    type=click.Choice(["given", "none", "learn"]),
    default="given",
    show_default=True,
    help="Select the mount. Recordings are in the shoe frame, so it is `given`; `learn` runs the mount check.",
)
def replay(
    file: Path, acc_unit: str | None, gyr_unit: str | None, axes: str | None, fs: float | None,
    chip: str | None, rate_hz: int | None, no_gyro: bool, mount: str,
) -> None:  # fmt: skip
    """Send the recording FILE through a whole virtual pod, as fast as possible.

    FILE is NAME.npz, NAME.csv, or a zip file of `retropod capture`, with up to 10 million samples and six hours. An npz
    file has the arrays `acc` (N,3) and `fs` and usually `gyr` (N,3). Arrays of counts need the factors `acc_lsb` and
    `gyr_lsb`. A csv file has the columns acc_x, acc_y, acc_z, usually gyr_x, gyr_y, gyr_z, and time, unless --fs is
    given. Lost samples are gaps in the time. Units are m/s^2 with gravity, and rad/s. The axes are those of the shoe: x
    to the toe, y left, z up. Options state other units and axes.

    Warnings name a recording or results that are implausible. With --json, each stride is one object on one line:
    `toe_off_s` and `contact_s` are the start and the end of the swing, in s of the recording. `direction` is forward,
    backward, lateral (sideways, with its `side`) or unknown. `confidence` is the probability of the best class.
    """
    from retropod.recording import Interpretation, load
    from retropod.replay.implausible import implausible
    from retropod.replay.replay import Setup, as_source
    from retropod.replay.replay import replay as run

    held = load(file, not no_gyro, Interpretation(acc_unit, gyr_unit, axes, fs))
    print_doubts(doubt for doubt in held.doubts if doubt.kind != "axes" or mount == "given")
    source = as_source(held)
    setup = Setup(chip_without_gyro(chip) if no_gyro else chip_for(chip, source.has_gyro), nearest(rate_hz), mount)
    show = _emit if options().json else _Lines().show
    result = run(source, setup, show)
    speed = f"{result.duration_s:.1f} s of recording in {result.wall_s:.1f} s"
    ratio = f"{result.duration_s / result.wall_s:.0f} times real time, at {result.rate_hz:.1f} Hz, mount {mount}"
    output.print_note(f"{len(result.strides)} strides; {speed}, {ratio}")
    if result.watch.gaps:
        output.print_note(f"lost between pod and host: {result.watch.link()}")
    print_doubts(implausible(result, held))


def _emit(result: "Replayed", stride: "Stride") -> None:
    output.print_json(result.as_json(stride))


class _Lines:
    """Stride lines of `live`, with the time of the recording."""

    def __init__(self) -> None:
        from retropod.live import view

        self._console, self._view = output.console(), view
        self._console.print(view.HEADING, style="bright_black")

    def show(self, result: "Replayed", stride: "Stride") -> None:
        """Print a stride."""
        start = stride.end_s - (stride.sample / result.rate_hz + (stride.period_s or 0.0))
        self._console.print(self._view.stride_line(stride, start), soft_wrap=True)


def chip_for(chip: str | None, gyroscope: bool) -> str:
    """Return the selected chip, or one that fits. Raises UsageError for a gyroscope without data for it."""
    if not gyroscope and chip not in (None, ALONE):
        raise UsageError(f"the {chip} has a gyroscope, but the source has no data for it", f"use --chip {ALONE}")
    return chip or (USUAL if gyroscope else ALONE)


def chip_without_gyro(chip: str | None) -> str:
    """Return the chip for a replay without gyroscope. A note names it if it is not the selected one."""
    if chip not in (None, ALONE):
        output.print_note(f"the pod uses the gyroscope of the {chip}, so the {ALONE} takes its place")
    return ALONE


def nearest(rate_hz: int | None) -> int | None:
    """Return the setting nearest to the rate, by ratio. The pod uses the nearest rate of its chip."""
    if rate_hz is None:
        return None
    if rate_hz <= 0:
        raise UsageError(f"{rate_hz} Hz is not a valid sample rate", f"use one of {', '.join(map(str, RATES_HZ))}")
    return min(RATES_HZ, key=lambda rate: max(rate / rate_hz, rate_hz / rate))
