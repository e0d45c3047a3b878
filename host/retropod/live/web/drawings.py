"""Drawings of the live page as SVG: signs, the strip of strides, shares, and raw samples."""

from collections.abc import Sequence
from itertools import groupby

from retropod.insight.directions import in_words
from retropod.live import signs
from retropod.live.web.state import STRIP, Mark
from retropod.wording import count

_WIDE, _HALF = 10.0, 50.0  # of a stride in the strip
_LEAST, _UNKNOWN = 12.0, 25.0  # shortest bar, and the bar of a stride of unknown speed
_SLOWEST_MPS = 1.0  # speed of a full bar if no stride is faster
_DASHES = ("", "6 3", "1 3")  # one per axis, so that no reader depends on the colour


def sign(name: str) -> str:
    """Return the shape of a direction or state in the colour of the text."""
    margin = 0.2
    box = f"{-margin} {-margin} {signs.WIDTH + 2 * margin} {signs.HEIGHT + 2 * margin}"
    return f'<svg viewBox="{box}" aria-hidden="true"><path fill="currentColor" d="{signs.path(name)}"/></svg>'


def strip(marks: Sequence[Mark]) -> str:
    """Return one bar per stride, the latest at the right: up is forward, down is backward, both is sideways.

    The length of a bar is the speed.
    """
    fastest = max([_SLOWEST_MPS, *(abs(one.speed_mps) for one in marks if one.speed_mps is not None)])
    bars = (_bar(one, fastest, STRIP - len(marks) + at) for at, one in enumerate(marks))
    label = ", ".join(f"{sum(one.direction == way for one in marks)} {in_words(way)}" for way in signs.COLOURS)
    return (
        f'<svg viewBox="0 0 {STRIP * _WIDE:g} {2 * _HALF:g}" preserveAspectRatio="none" role="img" '
        f'aria-label="last {count(len(marks), "stride")}: {label}">'
        f'<line x1="0" x2="{STRIP * _WIDE:g}" y1="{_HALF:g}" y2="{_HALF:g}"/>{"".join(bars)}</svg>'
    )


def _bar(mark: Mark, fastest_mps: float, place: int) -> str:
    share = None if mark.speed_mps is None else abs(mark.speed_mps) / fastest_mps
    size = _UNKNOWN if share is None else max(_LEAST, share * _HALF)
    top = {"forward": _HALF - size, "backward": _HALF}.get(mark.direction, _HALF - _LEAST)
    high = size if mark.direction in ("forward", "backward") else 2 * _LEAST
    if mark.direction == "unknown":
        top, high = _HALF - _LEAST / 2, _LEAST
    return (
        f'<rect class="fill-{mark.direction}" x="{place * _WIDE + 1:g}" width="{_WIDE - 2:g}" y="{top:.1f}" '
        f'height="{high:.1f}"/>'
    )


def wave(lines: Sequence[Sequence[float | None]]) -> str:
    """Return one line per axis. The values are 0 (top) to 1 (bottom), None in a gap of the line."""
    drawn = "".join(_line(line, dash, at) for at, (line, dash) in enumerate(zip(lines, _DASHES, strict=False)))
    return f'<svg viewBox="0 0 300 100" preserveAspectRatio="none" aria-hidden="true">{drawn}</svg>'


def _line(values: Sequence[float | None], dash: str, axis: int) -> str:
    step = 300 / max(len(values) - 1, 1)
    parts = groupby(enumerate(values), lambda pair: pair[1] is None)
    lines = [[f"{at * step:.1f},{100 * value:.1f}" for at, value in part if value is not None] for _, part in parts]
    path = "".join(f"M{' '.join(points)}" for points in lines if points)
    return f'<path class="axis-{axis}" stroke-dasharray="{dash}" d="{path}"/>'
