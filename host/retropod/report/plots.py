"""Plots of the report as SVG text. Their colours are variables of the page, which has a light and a dark scheme."""

import io
import re
from collections.abc import Callable, Sequence
from itertools import count
from statistics import median
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from retropod.insight.analysis import Analysis
from retropod.insight.comparison import PUBLISHED, SpeedComparison
from retropod.insight.directions import DIRECTIONS, in_words
from retropod.insight.dose import WeekDose
from retropod.insight.metrics import METRICS
from retropod.insight.stride import Stride
from retropod.insight.units import Units, clock, number, unit

_WIDTH_IN = 5.0
_MOST_POINTS = 400  # of a plot and direction: with more strides, each point is the median of some
# Colours of matplotlib that stand for a variable of the page.
_VARIABLES = {
    "#010101": "ink", "#020202": "muted", "#030303": "forward", "#040404": "backward", "#050505": "lateral",
    "#060606": "unknown", "#070707": "paper",
}  # fmt: skip
_COLOUR = {name: colour for colour, name in _VARIABLES.items()}
_JOINED_S = 1.0  # shorter times between two strides are their stance: a stride opens at its end
_TICKS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_MOST_TICKS = 7
_MOST_WEEKS = 6  # with a label
_MARKER = {"forward": "^", "backward": "v", "lateral": "D", "unknown": "."}
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "font.size": 10, "text.color": _COLOUR["ink"], "axes.labelcolor": _COLOUR["ink"],
    "axes.edgecolor": _COLOUR["muted"], "xtick.color": _COLOUR["ink"], "ytick.color": _COLOUR["ink"],
    "axes.spines.top": False, "axes.spines.right": False, "grid.color": _COLOUR["muted"], "grid.alpha": 0.3,
}  # fmt: skip
_ids = count(1)


def timeline(run: Analysis) -> str:
    """Return the directions of a run over time: one row per direction, so that it needs no colour."""
    ways = [way for way in DIRECTIONS if run.summary.count[way] or way in ("forward", "backward")]

    def draw(axes: Any) -> None:
        for row, way in enumerate(reversed(ways)):
            spans = _spans(run, way)
            axes.broken_barh(spans, (row - 0.38, 0.76), facecolors=_COLOUR[way])
        for part in run.laps:
            if part.end_s is not None:
                axes.axvline(part.end_s - run.origin_s, color=_COLOUR["muted"], linewidth=1, linestyle="--")
        axes.set_yticks(range(len(ways)), [in_words(way) for way in reversed(ways)])
        axes.set_ylim(-0.6, len(ways) - 0.4)
        _time_axis(axes)

    return _svg(draw, 0.55 + 0.33 * len(ways), f"Direction over time: {', '.join(in_words(way) for way in ways)}")


def _spans(run: Analysis, way: str) -> list[tuple[float, float]]:
    """Return (start, length) of the times with strides in a direction, in s, joined if they touch."""
    spans: list[tuple[float, float]] = []
    for stride in run.strides:
        if stride.direction != way or stride.uptime_s is None:
            continue
        start, end = stride.uptime_s - run.origin_s, stride.end_s - run.origin_s
        if spans and start - sum(spans[-1]) < _JOINED_S:
            start = spans.pop()[0]
        spans.append((start, end - start))
    return spans


def course(run: Analysis, name: str, read: Callable[[Stride], float | None], units: Units) -> str:
    """Return a metric of each stride over time. The marker shows the direction."""

    def draw(axes: Any) -> None:
        for way in DIRECTIONS:
            points = [(one.end_s - run.origin_s, value) for one in run.strides
                      if one.direction == way and (value := read(one)) is not None]  # fmt: skip
            if points:
                times, values = zip(*_thinned(points), strict=True)
                shown = [float(number(name, value, units)) for value in values]
                axes.plot(times, shown, _MARKER[way], color=_COLOUR[way], markersize=3, label=in_words(way))
        axes.set_ylabel(f"{METRICS[name].title}, {unit(name, units)}")
        axes.grid(axis="y")
        _time_axis(axes)

    return _svg(draw, 1.9, f"{METRICS[name].title} over time")


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return at most `_MOST_POINTS` points: medians of consecutive ones."""
    size = -(-len(points) // _MOST_POINTS)
    parts = [points[at : at + size] for at in range(0, len(points), size)]
    return [(median(time for time, _ in part), median(value for _, value in part)) for part in parts]


def ratios(compared: SpeedComparison) -> str:
    """Return the ratios backward / forward with their spreads, next to the published ones."""
    known = [(name, value) for name, value in compared.ratios.items() if value.value is not None]

    def draw(axes: Any) -> None:
        for row, (name, value) in enumerate(reversed(known)):
            axes.errorbar(value.value, row, xerr=value.spread or 0.0, fmt="v", color=_COLOUR["backward"], capsize=4)
            if name in PUBLISHED and compared.gait == "running":
                axes.plot(PUBLISHED[name][0], row - 0.22, "o", color=_COLOUR["muted"], fillstyle="none")
        axes.axvline(1.0, color=_COLOUR["muted"], linewidth=1)
        titles = [METRICS[name].title.removesuffix(", backward / forward") for name, _ in reversed(known)]
        axes.set_yticks(range(len(known)), titles)
        axes.set_ylim(-0.6, len(known) - 0.4)
        axes.set_xlabel("backward / forward")

    return _svg(draw, 0.7 + 0.36 * len(known), f"Ratios backward to forward of {compared.gait}")


def repetitions(run: Analysis, name: str, units: Units) -> str:
    """Return a metric of each repetition as bars."""

    def draw(axes: Any) -> None:
        values = [one.up.values[name].value for one in run.intervals.repetitions]
        heights = [0.0 if value is None else float(number(name, value, units)) for value in values]
        bars = axes.bar(range(1, len(heights) + 1), heights, color=_COLOUR["backward"], width=0.6)
        axes.bar_label(bars, [number(name, value, units) for value in values], fontsize=8)
        axes.set_xticks(range(1, len(heights) + 1, max(1, len(heights) // 12)))
        axes.set_xlabel("backward repetition")
        axes.set_ylabel(f"{METRICS[name].title}, {unit(name, units)}")

    return _svg(draw, 1.9, f"{METRICS[name].title} of each repetition")


def weeks(held: Sequence[WeekDose]) -> str:
    """Return minutes per week, forward and backward."""

    def draw(axes: Any) -> None:
        places, backward = range(len(held)), [one.backward.time_s / 60 for one in held]
        axes.bar(places, backward, color=_COLOUR["backward"], width=0.7, label="backward")
        axes.bar(places, [one.ways["forward"].time_s / 60 for one in held], bottom=backward, width=0.7, label="forward",
                 facecolor=_COLOUR["paper"], edgecolor=_COLOUR["forward"], hatch="///")  # fmt: skip
        step = -(-len(held) // _MOST_WEEKS)
        axes.set_xticks(range(0, len(held), step), [f"{one.monday:%d %b}" for one in held[::step]])
        axes.set_ylabel("minutes per week")
        axes.legend(frameon=False, fontsize=8, ncols=2, loc="lower right", bbox_to_anchor=(1.0, 1.0))

    return _svg(draw, 2.2, "Minutes of movement per week, backward and forward")


def _time_axis(axes: Any) -> None:
    axes.margins(x=0.01)
    low, high = axes.get_xlim()
    step = next((one for one in _TICKS_S if (high - low) / one <= _MOST_TICKS), _TICKS_S[-1])
    axes.set_xticks(range(0, int(high) + 1, step))
    axes.set_xlim(max(low, 0.0), high)
    axes.xaxis.set_major_formatter(_minutes)


def _minutes(seconds: float, _: int) -> str:
    return clock(seconds).split(".")[0]


def _svg(draw: Callable[[Any], None], height_in: float, title: str) -> str:
    """Return a plot as the text of an `svg` element with its title, which screen readers read."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH_IN, height_in), layout="constrained")
        draw(figure.add_subplot())
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _inline(out.getvalue(), title)


def _inline(text: str, title: str) -> str:
    """Return an SVG for inclusion: without prologue and metadata, with own ids, with variables for its colours."""
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    prefix = f"p{next(_ids)}-"
    text = re.sub(r'\bid="', f'id="{prefix}', text)
    text = re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}", text)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, f"var(--{variable})")
    head, _, rest = text.partition(">")
    head = re.sub(r' (width|height)="[^"]*"', "", head)
    return f'{head} role="img" aria-label="{title}">{rest}'
