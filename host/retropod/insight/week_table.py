"""Table of weeks for readers, on the screen and in a report: a row for each direction of a week, backward first."""

from collections.abc import Iterator
from typing import NamedTuple

from retropod.insight.directions import in_words
from retropod.insight.dose import WayDose, WeekDose
from retropod.insight.units import Units, number


class WeekRow(NamedTuple):
    """A row. `way` and `dose` are None if the week has no strides. `cells`: the texts below `heads`."""

    way: str | None
    dose: WayDose | None
    cells: list[str]


def heads(units: Units) -> list[str]:
    """Return the headings of the columns."""
    return ["week of", "direction", "sessions", "min", units.distance, "contacts"]


def rows(week: WeekDose, units: Units) -> Iterator[WeekRow]:
    """Yield a row for each direction of the week that occurs, or one for a week without strides."""
    first = f"{week.monday:%Y-%m-%d}"
    for way, dose in week.ways.items():
        if dose.contacts:
            metres = number("distance_m", dose.distance_m, units)
            cells = [first, in_words(way), str(dose.sessions), f"{dose.time_s / 60:.1f}", metres, str(dose.contacts)]
            yield WeekRow(way, dose, cells)
            first = ""
    if first:
        yield WeekRow(None, None, [first, "-", str(week.sessions), "-", "-", "-"])
