"""State of the live page: all that it shows, in SI units and without a browser. None: unknown or not current."""

from collections import deque
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from retropod.client.messages import StatusMessage
from retropod.insight.measures import reliable_speed
from retropod.insight.stride import Stride, rounded
from retropod.live.big import BigState, state_of
from retropod.live.boutcount import BoutCount
from retropod.live.plantimer import PlanState
from retropod.live.targets import TargetState
from retropod.live.watch import StreamStats
from retropod.live.web.totals import Total

STRIP = 60
"""Strides in the strip."""


class Mark(NamedTuple):
    """A stride of the strip. `speed_mps` is signed, None if it is unknown or unreliable."""

    direction: str
    speed_mps: float | None


@dataclass(frozen=True)
class ShoeState:
    """State of one shoe. `foot`: left or right, None if unknown. `now`: current values, as in the terminal."""

    name: str
    foot: str | None
    now: BigState
    marks: tuple[Mark, ...]
    totals: dict[str, Total]


@dataclass(frozen=True)
class Goal:
    """A target. `text`: for users."""

    text: str
    state: TargetState


@dataclass(frozen=True)
class PageState:
    """State of the page. `elapsed_s`: time of the session. `notices`: the latest interruptions and results of keys.

    `planned`: the session has a plan, `plan` is None before it starts. `wave`: raw samples are streamed. `lines`: the
    latest ones, as `RawWave.lines` returns them.
    """

    shoes: tuple[ShoeState, ...]
    elapsed_s: float = 0.0
    notices: tuple[str, ...] = ()
    planned: bool = False
    plan: PlanState | None = None
    goals: tuple[Goal, ...] = ()
    wave: bool = False
    lines: tuple[tuple[float, ...], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the state as an object for JSON."""
        return rounded(asdict(self))


class ShoeTrack:
    """Follows one shoe: call `add` with each stride."""

    def __init__(self, name: str, foot: str | None) -> None:
        self.name, self.foot = name, foot
        self._bouts = BoutCount()
        self._marks: deque[Mark] = deque(maxlen=STRIP)
        self._totals: dict[str, Total] = {"forward": Total(), "backward": Total()}

    def add(self, stride: Stride) -> None:
        """Take the next stride."""
        self._bouts.add(stride)
        self._marks.append(Mark(stride.direction, reliable_speed(stride)))
        self._totals.setdefault(stride.direction, Total()).add(stride)

    def state(self, stats: StreamStats, status: StatusMessage | None, link: str, away: bool) -> ShoeState:
        """Return the state now. `link`: losses of the session. `away`: the port is away."""
        now = state_of(stats, self._bouts, status, link, "", muted=False, away=away)
        if now.bout_s is not None:  # The timer runs on between two strides.
            now = replace(now, bout_s=now.bout_s + (stats.standing_s or 0.0))
        totals = {name: replace(one) for name, one in self._totals.items()}
        return ShoeState(self.name, self.foot, now, tuple(self._marks), totals)
