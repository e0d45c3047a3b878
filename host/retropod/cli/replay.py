"""`retropod replay`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.options import options
from retropod.errors import UsageError
from retropod.virtual.board import CHIPS
from retropod.wording import count

if TYPE_CHECKING:
    from retropod.insight.stride import Stride
    from retropod.replay.replay import Replayed

RATES_HZ = (100, 104, 200, 208, 250, 333, 400, 416, 500, 833)  # valid values of the setting rate_hz
USUAL, ALONE = "lsm6dso32", "adxl345"


@command("replay")
@click.argument("file", type=click.Path(path_type=Path))
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
def replay(file: Path, chip: str | None, rate_hz: int | None, no_gyro: bool, mount: str) -> None:  # fmt: skip
    """Send the recording FILE through a whole virtual pod, as fast as possible.

    FILE is NAME.npz, or a zip file of `retropod capture`. With --json, each stride is one object on one line:
    `toe_off_s` and `contact_s` are the start and the end of the swing, in s of the recording. `direction` is forward,
    backward, lateral (sideways, with its `side`) or unknown. `confidence` is the probability of the best class.
    """
    from retropod.replay.replay import Setup, source_of
    from retropod.replay.replay import replay as run

    source = source_of(existing(file), gyroscope=not no_gyro)
    setup = Setup(chip_for(chip, source.has_gyro), nearest(rate_hz), mount)
    show = _emit if options().json else _Lines().show
    result = run(source, setup, show)
    speed = f"{result.duration_s:.1f} s of recording in {result.wall_s:.1f} s"
    ratio = f"{result.duration_s / result.wall_s:.0f} times real time, at {result.rate_hz:.1f} Hz, mount {mount}"
    output.print_note(f"{count(len(result.strides), 'stride')}; {speed}, {ratio}")
    if result.watch.gaps:
        output.print_note(f"lost between pod and host: {result.watch.link()}")


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
        for line in self._view.stride_line(stride, start).split():
            self._console.print(line, soft_wrap=True)


def existing(path: Path) -> Path:
    """Return `path`. Raises UsageError with the reason if it is not a file."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder", "give a recording, NAME.npz")
    if not path.is_file():
        raise UsageError(f"{path} does not exist", "give a recording, NAME.npz with `acc`, `fs` and usually `gyr`")
    return path


def chip_for(chip: str | None, gyroscope: bool) -> str:
    """Return the selected chip, or one that fits. Raises UsageError for a gyroscope without data for it."""
    if not gyroscope and chip not in (None, ALONE):
        raise UsageError(f"the {chip} has a gyroscope, but the source has no data for it", f"use --chip {ALONE}")
    return chip or (USUAL if gyroscope else ALONE)


def nearest(rate_hz: int | None) -> int | None:
    """Return the setting nearest to the rate, by ratio. The pod uses the nearest rate of its chip."""
    if rate_hz is None:
        return None
    if rate_hz <= 0:
        raise UsageError(f"{rate_hz} Hz is not a valid sample rate", f"use one of {', '.join(map(str, RATES_HZ))}")
    return min(RATES_HZ, key=lambda rate: max(rate / rate_hz, rate_hz / rate))
