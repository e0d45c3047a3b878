"""Selection of runs in the index, by wearer, time and tags."""

from collections.abc import Sequence
from typing import NamedTuple

from retropod.runs import tags
from retropod.runs.indexrows import Indexed


class Selection(NamedTuple):
    """Conditions that a run must all meet.

    `wearer`: name, in upper or lower case. `since_s` and `until_s`: the run starts at or after, and before, these times
    (s since 1970). A run without a known start meets neither. `tagged`: tags with their values, None for any value.
    """

    wearer: str | None = None
    since_s: float | None = None
    until_s: float | None = None
    tagged: Sequence[tuple[str, str | float | None]] = ()

    def includes(self, run: Indexed) -> bool:
        """Return whether the run meets all conditions."""
        if self.wearer is not None and (run.wearer or "").casefold() != self.wearer.casefold():
            return False
        return self._in_time(run.start_s) and all(
            key in run.tags and value in (None, run.tags[key]) for key, value in self.tagged
        )

    def _in_time(self, start_s: float | None) -> bool:
        if self.since_s is None and self.until_s is None:
            return True
        if start_s is None:
            return False
        return (self.since_s is None or self.since_s <= start_s) and (self.until_s is None or start_s < self.until_s)


def tagged(word: str) -> tuple[str, str | float | None]:
    """Return the condition of KEY=VALUE, of KEY alone, or of a surface alone. Raises UsageError for another text."""
    if word in tags.SURFACES:
        return "surface", word
    if word in tags.KEYS:
        return tags.KEYS[word], None
    return tags.parse(word)
