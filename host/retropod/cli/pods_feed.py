"""Items of `retropod live --pods all`: those of all pods in the order of time, and the cues."""

import time
from collections.abc import Callable, Iterator

from retropod.cli.feed import REFRESH_S, Wanted, note_of
from retropod.cli.pods import PodFailures
from retropod.errors import RetropodError
from retropod.live.cues import Cue
from retropod.live.interruptions import Disconnected
from retropod.live.shoes import Ended, ShoeItem, Shoes

PodsItem = ShoeItem | Cue


class PodsFeed:
    """Items of all shoes and their cues, until the time or the number of strides is reached, all pods have ended, or
    `ended` returns True.

    Yields None if no item arrived for 0.25 s, or until the next cue is due. `between` is called between two items, at
    least four times per second. `wait_s` shortens the time until its next call, in s. `see` is called with all that the
    feed yields.
    """

    def __init__(self, shoes: Shoes, wanted: Wanted, failures: PodFailures) -> None:
        self.shoes, self.cues = shoes, wanted.cues
        self.between: Callable[[], None] = lambda: None
        self.ended: Callable[[], bool] = lambda: False
        self.wait_s: Callable[[float], float] = lambda most_s: most_s
        self.see: Callable[[PodsItem | None], None] = lambda one: None
        self._stats = [shoe.stats for shoe in shoes.shoes]
        if self.cues.score:
            self.cues.score.shoes = len(self._stats)
        self._failures, self._seconds, self._most = failures, wanted.seconds, wanted.strides
        self._start_s, self._strides = time.monotonic(), 0

    @property
    def elapsed_s(self) -> float:
        """Time since the start of the session, in s."""
        return time.monotonic() - self._start_s

    def __iter__(self) -> Iterator[PodsItem | None]:
        while not self._over():
            self.between()
            item = self.shoes.next(self.wait_s(self.cues.wait_s(REFRESH_S)))
            for one in (item, *self._taken(item)):
                self.see(one)
                yield one

    def _taken(self, one: ShoeItem | None) -> list[Cue]:
        """Count an item. Return the cues that occur with it."""
        if one is None:
            return self.cues.take(self._stats[0], None, None, self._stats)
        item = one.item
        self._strides += one.stride is not None
        if isinstance(item, Ended):
            error = item.error
            known = error if isinstance(error, RetropodError) else RetropodError(str(error))
            self._failures.add(one.shoe.label, known, one.shoe.pod_id)
            item = Disconnected()  # for the plan: the rest of its time is unknown
        return self.cues.take(one.shoe.stats, item, one.stride, self._stats)

    def _over(self) -> bool:
        enough = self._most is not None and self._strides >= self._most
        timed_out = self._seconds is not None and self.elapsed_s >= self._seconds
        return self.ended() or self.shoes.ended or enough or timed_out


def instruction(shoes: Shoes) -> str:
    """Return the instruction for the wearer of a pod, if one is needed before the numbers have a meaning."""
    return next((f"{shoe.title}: {note}" for shoe in shoes.shoes if (note := note_of(shoe.stats))), "")
