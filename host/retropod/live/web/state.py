"""State of the live page: all that it shows, in SI units and without a browser. None: unknown or not current."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean
from typing import Any, NamedTuple

from retropod.client.messages import StatusMessage
from retropod.insight.feet import FeetComparison
from retropod.insight.measures import reliable_speed
from retropod.insight.stride import Stride, rounded
from retropod.live import view
from retropod.live.big import BigState, state_of
from retropod.live.boutcount import BoutCount
from retropod.live.plantimer import PlanState
from retropod.live.targets import TargetState
from retropod.live.watch import StreamStats
from retropod.live.web.totals import Total
from retropod.live.web.wave import Lines, RawWave

STRIP = 60
"""Strides in the strip."""


class Mark(NamedTuple):
    """A stride of the strip. `speed_mps` is signed, None if it is unknown or unreliable."""

    direction: str
    speed_mps: float | None


@dataclass(frozen=True)
class ShoeState:
    """State of one shoe. `foot`: left or right, None if unknown. `now`: current values, as in the terminal.

    `lines`: the latest raw samples, as `RawWave.lines` returns them.
    """

    name: str
    foot: str | None
    now: BigState
    marks: tuple[Mark, ...]
    totals: dict[str, Total]
    lines: Lines = ()

    @property
    def title(self) -> str:
        """Foot, or name of the pod if its foot is unknown."""
        return self.foot or self.name


@dataclass(frozen=True)
class Goal:
    """A target. `text`: for users."""

    text: str
    state: TargetState


@dataclass(frozen=True)
class PageState:
    """State of the page. `elapsed_s`: time of the session. `notices`: the latest interruptions and results of keys.

    `planned`: the session has a plan, `plan` is None before it starts. `wave`: raw samples are streamed. `paired`: the
    shoes are one left and one right. `feet`: their current comparison, None without one.
    """

    shoes: tuple[ShoeState, ...]
    elapsed_s: float = 0.0
    notices: tuple[str, ...] = ()
    planned: bool = False
    plan: PlanState | None = None
    goals: tuple[Goal, ...] = ()
    wave: bool = False
    paired: bool = False
    feet: FeetComparison | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the state as an object for JSON."""
        return rounded(asdict(self))


def common(shoes: Sequence[ShoeState]) -> ShoeState:
    """Return the state of the runner: that of the connected shoes, `mixed` if they move in different directions."""
    if len(shoes) == 1:
        return shoes[0]
    known = [one.now for one in shoes if one.now.way != "away"]
    ways = {one.way for one in known}
    ways = ways - {"unknown"} or ways
    way = "away" if not ways else "mixed" if len(ways) > 1 else min(ways)
    same = [one for one in known if one.way == way]
    speeds = [one.speed_mps for one in same if one.speed_mps is not None]
    sides = {one.side or "" for one in same}
    now = BigState(
        way,
        side=sides.pop() or None if len(sides) == 1 else None,
        speed_mps=fmean(speeds) if speeds else None,
        standing_s=min((one.standing_s for one in same if one.standing_s is not None), default=None),
    )
    return ShoeState("", None, now, tuple(mark for one in shoes for mark in one.marks), {})


class ShoeTrack:
    """Follows one shoe: call `add` with each stride. `stats`: of its stream. `wave`: its raw samples, None without."""

    def __init__(
        self,
        name: str,
        foot: str | None,
        status: Callable[[], StatusMessage | None] = lambda: None,
        away: Callable[[], bool] = lambda: False,
        link: Callable[[StreamStats], str] = view.losses,
        raw: bool = False,
    ) -> None:
        """`away`: whether the port of the pod is away. `link`: text of the losses. `raw`: raw samples are streamed."""
        self.title, self.stats, self.wave = foot or name, StreamStats(), RawWave() if raw else None
        self._name, self._foot, self._status, self._away, self._link = name, foot, status, away, link
        self._bouts = BoutCount()
        self._marks: deque[Mark] = deque(maxlen=STRIP)
        self._totals: dict[str, Total] = {"forward": Total(), "backward": Total()}
        self._lines: Lines = ()

    def add(self, stride: Stride) -> None:
        """Take the next stride."""
        self._bouts.add(stride)
        self._marks.append(Mark(stride.direction, reliable_speed(stride)))
        self._totals.setdefault(stride.direction, Total()).add(stride)

    def clear(self) -> None:
        """Remove the raw samples."""
        if self.wave:
            self.wave.clear()
        self._lines = ()

    def draw(self) -> None:
        """Decode the raw samples."""
        if self.wave:
            self._lines = self.wave.lines()

    def state(self) -> ShoeState:
        """Return the state now."""
        stats = self.stats
        now = state_of(stats, self._bouts, self._status(), self._link(stats), "", muted=False, away=self._away())
        if now.bout_s is not None:  # The timer runs on between two strides.
            now = replace(now, bout_s=now.bout_s + (stats.standing_s or 0.0))
        totals = {name: replace(one) for name, one in self._totals.items()}
        return ShoeState(self._name, self._foot, now, tuple(self._marks), totals, self._lines)
