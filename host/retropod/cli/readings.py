"""Options that state the units, axes and rate of a recording, and the notes about a doubtful one."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from retropod.cli import output
from retropod.cli.finite import FiniteRange

if TYPE_CHECKING:
    from retropod.recording import Doubt

ACC_UNITS, GYR_UNITS = ("m/s2", "g", "mg"), ("rad/s", "deg/s", "mdeg/s")  # keys of those in retropod.recording.units
_OPTIONS = (
    click.option("--acc-unit", type=click.Choice(ACC_UNITS), help="State the unit of acc. Default: m/s2."),
    click.option("--gyr-unit", type=click.Choice(GYR_UNITS), help="State the unit of gyr. Default: rad/s."),
    click.option(
        "--axes", metavar="X,Y,Z", help="State the axes of FILE that point to the toe, left and up: `x,-z,y`."
    ),
    click.option("--fs", type=FiniteRange(10.0, 8000.0), metavar="HZ", help="State the sample rate of FILE."),
)


def reading(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options `acc_unit`, `gyr_unit`, `axes` and `fs`: the arguments of an `Interpretation`, in order."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def print_doubts(doubts: "Iterable[Doubt]", name: str = "") -> None:
    """Print each doubt and its remedy on stderr, after the `name` of the file."""
    for doubt in doubts:
        output.print_warning(f"{name}{doubt.cause}; {doubt.hint}")
