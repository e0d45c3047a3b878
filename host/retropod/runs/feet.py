"""Run of the other foot: a second pod of the same wearer that recorded at the same time."""

from pathlib import Path
from typing import Any, NamedTuple

from retropod.errors import RetropodError
from retropod.insight.feet import FeetComparison, compare_feet
from retropod.insight.steps import TimedStride
from retropod.runs.indexrows import Indexed
from retropod.runs.loaded import LoadedRun, load
from retropod.runs.store import Store


class Feet(NamedTuple):
    """Comparison of a run with the run of the other foot, which has this name."""

    other: str
    comparisons: tuple[FeetComparison, ...]

    def lines(self) -> list[dict[str, Any]]:
        """Return the objects for `--json`."""
        return [{"other": self.other, **one.as_json()} for one in self.comparisons]


def feet_of(store: Store, path: Path, loaded: LoadedRun) -> Feet | None:
    """Compare a run with the run of the other foot, None if the store has no such run that is readable."""
    runs = store.index.runs()
    this = next((one for one in runs if one.stored.path.absolute() == path.absolute()), None)
    shared = [(_shared_s(this, one), one) for one in runs if this and this.of_other_foot(one)]
    shared_s, other = max(shared, key=lambda one: one[0], default=(0.0, None))
    if this is None or other is None or shared_s <= 0.0:
        return None
    try:
        of_other = load(store, other.stored.path)
    except RetropodError:
        return None
    left, right = (_timed(one) for one in ((loaded, of_other) if this.side == "left" else (of_other, loaded)))
    return Feet(store.name(other.stored), compare_feet(left, right))


def _shared_s(this: Indexed, other: Indexed) -> float:
    """Return the time that both runs recorded, in s, negative for runs that do not overlap."""
    if this.start_s is None or other.start_s is None:
        return 0.0
    ends_s = [one.start_s + (one.duration_s or 0.0) for one in (this, other) if one.start_s is not None]
    return min(ends_s) - max(this.start_s, other.start_s)


def _timed(loaded: LoadedRun) -> list[TimedStride]:
    walls = [(one, loaded.times.of(one)) for one in loaded.run.strides]
    return [TimedStride(one, wall.time_s, wall.error_s) for one, wall in walls if wall is not None]
