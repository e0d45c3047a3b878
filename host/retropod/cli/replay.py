"""`retropod replay`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.options import options
from retropod.cli.readings import print_doubts, reading
from retropod.cli.tally import Tally
from retropod.errors import RetropodError, UsageError
from retropod.insight.directions import DIRECTIONS, in_words
from retropod.virtual.board import CHIPS
from retropod.wording import count

if TYPE_CHECKING:
    from retropod.insight.stride import Stride
    from retropod.recording import Interpretation
    from retropod.replay.replay import Replayed, Setup

RATES_HZ = (100, 104, 200, 208, 250, 333, 400, 416, 500, 833)  # valid values of the setting rate_hz
USUAL, ALONE = "lsm6dso32", "adxl345"


@command("replay")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@reading
@click.option(
    "--chip",
    type=click.Choice(list(CHIPS)),
    metavar="NAME",
    help=f"Select the sensor: {', '.join(CHIPS)}. Default: {USUAL}, or {ALONE} without a gyroscope.",
)
@click.option("--rate", "rate_hz", type=int, metavar="HZ", help="Set the sample rate. The chip uses its nearest rate.")
@click.option(
    "--no-gyro",
    is_flag=True,
    help=f"Ignore the gyroscope of the recording. An {ALONE} at the rate of the chip takes its place.",
)
@click.option(
    "--mount",
    type=click.Choice(["given", "none", "learn"]),
    default="given",
    show_default=True,
    help="Select the mount. Recordings are in the shoe frame, so it is `given`; `learn` runs the mount check.",
)
def replay(
    files: tuple[Path, ...], acc_unit: str | None, gyr_unit: str | None, axes: str | None, fs: float | None,
    chip: str | None, rate_hz: int | None, no_gyro: bool, mount: str,
) -> None:  # fmt: skip
    """Send each recording FILE through a whole virtual pod, as fast as possible.

    FILE is NAME.npz, NAME.csv, or a zip file of `retropod capture`, with up to 10 million samples and six hours. An npz
    file has the arrays `acc` (N,3) and `fs` and usually `gyr` (N,3). Arrays of counts need the factors `acc_lsb` and
    `gyr_lsb`. A csv file has the columns acc_x, acc_y, acc_z, usually gyr_x, gyr_y, gyr_z, and time, unless --fs is
    given. Lost samples are gaps in the time. Units are m/s^2 with gravity, and rad/s. The axes are those of the shoe: x
    to the toe, y left, z up. Options state other units and axes.

    The output ends with the shares and bouts by direction of each file. A file that cannot be replayed does not stop
    the others. Warnings name a recording or results that are implausible.

    With --json, each stride is one object on one line: `toe_off_s` and `contact_s` are the start and the end of the
    swing, in s of the recording. `direction` is forward, backward, lateral (sideways, with its `side`) or unknown.
    `confidence` is the probability of the best class. With several files, each line names its `file`, and a summary
    follows the strides of each.
    """
    from retropod.recording import Interpretation
    from retropod.replay.replay import Setup

    interpretation = Interpretation(acc_unit, gyr_unit, axes, fs)
    setup = Setup(rate_hz=nearest(rate_hz), mount=mount, gyroscope=not no_gyro)
    several, tally, done = len(files) > 1, Tally("replayed", "file"), list[tuple[Path, "Replayed"]]()
    for path in files:
        try:
            done.append((path, _replayed(path, interpretation, chip, setup, several)))
            tally.done += 1
        except RetropodError as error:
            if not several:
                raise
            tally.add(str(path), error)
    if not options().json:
        _shares(done, several)
    tally.finish()


def _replayed(
    path: Path, interpretation: "Interpretation", chip: str | None, setup: "Setup", several: bool
) -> "Replayed":
    """Replay a file on the selected chip, or on one that fits, and print its strides. Raises RetropodError."""
    from dataclasses import replace

    from retropod.recording import load
    from retropod.replay.implausible import implausible
    from retropod.replay.replay import as_source
    from retropod.replay.replay import replay as run
    from retropod.replay.shares import as_json

    held = load(path, setup.gyroscope, interpretation)
    name = f"{path}: " if several else ""
    print_doubts((doubt for doubt in held.doubts if doubt.kind != "axes" or setup.mount == "given"), name)
    source = as_source(held)
    setup = replace(setup, chip=chip_for(chip, source.has_gyro, setup.gyroscope))
    result = run(source, setup, _printer(path, several))
    if several and options().json:
        output.print_json({"type": "summary", "file": path, **as_json(result)})
    _note(name, setup, result)
    print_doubts(implausible(result, held), name)
    return result


def _note(name: str, setup: "Setup", result: "Replayed") -> None:
    """Print the conditions of a replay and its losses on stderr."""
    if setup.substituted:
        output.print_note(f"{name}the pod uses the gyroscope of the {setup.chip}, so an {ALONE} takes its place")
    speed = f"{result.duration_s:.1f} s of recording in {result.wall_s:.1f} s"
    ratio = f"{result.duration_s / result.wall_s:.0f} times real time, at {result.rate_hz:.1f} Hz, mount {setup.mount}"
    output.print_note(f"{name}{count(len(result.strides), 'stride')}; {speed}, {ratio}")
    if result.watch.gaps:
        output.print_note(f"{name}lost between pod and host: {result.watch.link()}")


def _printer(path: Path, several: bool) -> Callable[["Replayed", "Stride"], None]:
    """Return the function that prints a stride."""
    if options().json:
        named: dict[str, Any] = {"type": "stride", "file": path} if several else {}
        return lambda result, stride: output.print_json(named | result.as_json(stride))
    if several:
        output.print_line(str(path))
    return _Lines().show


def _shares(done: "list[tuple[Path, Replayed]]", several: bool) -> None:
    """Print the shares and bouts by direction of each file."""
    from retropod.live import view
    from retropod.replay.shares import shares

    rows = [
        [str(path), in_words(name), str(summary.count[name]), f"{summary.share[name]:.0%}",
         str(sum(one[0].direction == name for one in parts)), view.number(summary.distance_m[name], ".0f", "")]
        for path, result in done for summary, parts in [shares(result)] for name in DIRECTIONS if summary.count[name]
    ]  # fmt: skip
    headings = ["file", "direction", "strides", "share", "bouts", "m"]
    first = 0 if several else 1
    output.print_line()
    output.print_table(headings[first:], [row[first:] for row in rows], "llrrrr"[first:])


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


def chip_for(chip: str | None, has_gyro: bool, use_gyro: bool = True) -> str:
    """Return the selected chip, or one that fits. Raises UsageError for a gyroscope that is to be used without data."""
    if use_gyro and not has_gyro and chip not in (None, ALONE):
        raise UsageError(f"the {chip} has a gyroscope, but the source has no data for it", f"use --chip {ALONE}")
    return chip or (USUAL if has_gyro else ALONE)


def nearest(rate_hz: int | None) -> int | None:
    """Return the setting nearest to the rate, by ratio. The pod uses the nearest rate of its chip."""
    if rate_hz is None:
        return None
    if rate_hz <= 0:
        raise UsageError(f"{rate_hz} Hz is not a valid sample rate", f"use one of {', '.join(map(str, RATES_HZ))}")
    return min(RATES_HZ, key=lambda rate: max(rate / rate_hz, rate_hz / rate))
