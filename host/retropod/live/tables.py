"""Terminal tables of groups of strides, with medians, spreads and the reasons of absent metrics. 80 columns."""

import math
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from retropod.insight.directions import in_words
from retropod.insight.groups import MeasuredGroup, split, without_gait
from retropod.insight.metrics import METRICS
from retropod.insight.stride import Stride
from retropod.insight.units import Units, clock, number, spread, unit
from retropod.insight.value import Reason
from retropod.live.planscore import PlanScore
from retropod.wording import count

STYLE = {"forward": "green", "backward": "bold magenta", "lateral": "cyan", "unknown": "yellow"}
SIGN = {"forward": "▲", "backward": "▼", "lateral": "◆", "unknown": "·"}
WIDTH = 80
GREY = "bright_black"
# Columns of the table of directions: metric, heading, width.
_COLUMNS = (
    ("strides", "strides", 7),
    ("time_s", "time", 7),
    ("distance_m", "", 6),
    ("speed_mps", "", 6),
    ("cadence_spm", "cadence", 7),
    ("contact_time_s", "contact", 7),
    ("aerial_time_s", "in air", 6),
    ("duty_factor", "duty", 4),
    ("peak_g", "peak", 5),
    ("heel_share", "heel", 4),
)
_SHOWN = tuple(name for name, _, _ in _COLUMNS)
_LEGEND = (
    "median, and below it the range ± that holds half of the strides. cadence: steps/min of both feet. "
    "contact, in air: ms. duty: % of the stride on the ground. peak: g. heel: % of the strides"
)
_PLAN_LEGEND = "done: time of the step that passed. share: part of it in the demanded direction"
_EDGE = 1e-6  # of a column: rounding errors do not reach into the next one
_TOTALS = ("strides", "time_s", "distance_m")


def directions(groups: Iterable[MeasuredGroup], gaits: Sequence[MeasuredGroup], units: Units) -> Table:
    """Format one row per direction: medians, and their spreads below them.

    `gaits`: walking and running of directions with both. Each has its own row, and the direction then has no medians.
    """
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    for _, _, width in _COLUMNS:
        grid.add_column(no_wrap=True, justify="right", min_width=width)
    grid.add_row(Text("direction ", GREY), *(Text(title or unit(name, units), GREY) for name, title, _ in _COLUMNS))
    for one in groups:
        parts = [gait for gait in gaits if gait.direction == one.direction]
        for row in _rows(f"{SIGN[one.direction]} {in_words(one.direction)}", one, units, medians=not parts):
            grid.add_row(*row)
        for part in parts:
            for row in _rows(f"  {part.gait}", part, units):
                grid.add_row(*row)
    return grid


def _rows(title: str, group: MeasuredGroup, units: Units, medians: bool = True) -> Iterator[list[Text]]:
    """Yield the row of a group, and the row of its spreads if there is one."""
    shown = [(name, group.values[name]) for name, _, _ in _COLUMNS]
    cells = [number(name, value.value, units) if medians or name in _TOTALS else "" for name, value in shown]
    yield [Text(title, STYLE[group.direction]), *map(Text, cells)]
    spreads = ["" if name in _TOTALS or not medians else spread(name, value, units) for name, value in shown]
    if any(spreads):
        yield [Text(""), *(Text(text, GREY) for text in spreads)]


def legend() -> list[Text]:
    """Return the explanation of the table of directions."""
    return wrapped(_LEGEND)


def absent(groups: Iterable[MeasuredGroup], names: Sequence[str] = _SHOWN) -> list[Text]:
    """Return the reasons for the dashes in a table of these groups and metrics, one text per title and reason."""
    causes: dict[tuple[str, Reason], dict[str, None]] = {}
    for one in groups:
        for name in names:
            if (reason := one.values[name].reason) is not None:
                causes.setdefault((one.title, reason), {})[METRICS[name].title] = None
    lines = [f"- {title} ({', '.join(metrics)}): {reason}" for (title, reason), metrics in causes.items()]
    return [text for line in lines for text in wrapped(line)]


def remarks(groups: Sequence[MeasuredGroup], gaits: Sequence[MeasuredGroup]) -> list[Text]:
    """Return the reasons for the dashes in the table of directions, and the number of strides without a gait."""
    left_out = without_gait(groups, gaits)
    text = f"{count(left_out, 'stride')} without a known gait"
    return absent(split(groups, gaits)) + (wrapped(text) if left_out else [])


def plan(score: PlanScore | None) -> list[RenderableType]:
    """Format the steps of a plan that have begun, and how much of each was followed. Empty without a plan."""
    results = score.results() if score else []
    if not results:
        return []
    grid = Table.grid(padding=(0, 2, 0, 0))
    for justify in ("left", "right", "right", "right", "right", "right", "right"):
        grid.add_column(no_wrap=True, justify=justify)
    grid.add_row(*(Text(title, GREY) for title in ("plan", "", "done", "strides", "in direction", "share", "missing")))
    for one in results:
        share = "-" if one.share is None else f"{one.share:.0%}"
        in_way, missing = ("-", "-") if one.step.way in ("rest", "standing") else (str(one.in_way), str(one.missing))
        done = clock(int(one.elapsed_s)).removesuffix(".0")
        grid.add_row(one.step.text, one.step.place, done, str(one.strides), in_way, share, missing)
    return [Text(""), grid, *wrapped(_PLAN_LEGEND), Text("")]


def timeline(strides: Sequence[Stride], origin_s: float, width: int = WIDTH) -> list[Text]:
    """Return two lines: the most frequent direction of each part of a run as a sign, and times.

    A space is a part without a stride.
    """
    known = [one for one in strides if one.uptime_s is not None]
    lasted_s = max((one.end_s for one in known), default=origin_s) - origin_s
    if lasted_s <= 0:
        return []
    parts: list[list[str]] = [[] for _ in range(width)]
    for one in known:
        first, end = ((at - origin_s) / lasted_s * width for at in (one.uptime_s or 0.0, one.end_s))
        for index in range(max(math.floor(first + _EDGE), 0), min(math.ceil(end - _EDGE), width)):
            parts[index].append(one.direction)
    line = Text()
    for ways in parts:
        most = max(sorted(set(ways)), key=ways.count) if ways else ""
        line.append(SIGN.get(most, " "), STYLE.get(most, ""))
    ends = (clock(0.0), clock(lasted_s / 2), clock(lasted_s))
    return [line, Text(ends[0] + ends[1].center(width - len(ends[0]) - len(ends[2])) + ends[2], GREY)]


def wrapped(text: str, style: str = GREY) -> list[Text]:
    """Return the lines of a text, wrapped to the width of the tables."""
    return [Text(line, style) for line in textwrap.wrap(text, WIDTH)]
