"""The byte ranges of a partly downloaded file."""

from collections.abc import Iterable


class Ranges:
    """A set of byte offsets as sorted, disjoint [start, end) pairs."""

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        self.pairs: list[tuple[int, int]] = []
        for start, end in sorted(pairs):
            if self.pairs and start <= self.pairs[-1][1]:
                self.pairs[-1] = (self.pairs[-1][0], max(end, self.pairs[-1][1]))
            elif start < end:
                self.pairs.append((start, end))

    def add(self, start: int, end: int) -> None:
        """Include [start, end), in bytes. An empty range has no effect."""
        if start >= end:
            return
        if self.pairs and self.pairs[-1][1] == start:  # the common case: data arrives in order
            self.pairs[-1] = (self.pairs[-1][0], end)
            return
        apart = [pair for pair in self.pairs if pair[1] < start or pair[0] > end]
        touching = [pair for pair in self.pairs if not (pair[1] < start or pair[0] > end)]
        merged = (min([start, *(pair[0] for pair in touching)]), max([end, *(pair[1] for pair in touching)]))
        self.pairs = sorted([*apart, merged])

    def missing(self, size: int) -> list[tuple[int, int]]:
        """Return the gaps in [0, size) as sorted, disjoint [start, end) pairs, in bytes."""
        gaps: list[tuple[int, int]] = []
        at = 0
        for start, end in self.pairs:
            if start > at:
                gaps.append((at, min(start, size)))
            at = max(at, end)
        if at < size:
            gaps.append((at, size))
        return [(start, end) for start, end in gaps if start < end]

    def total(self) -> int:
        """Return the number of included bytes."""
        return sum(end - start for start, end in self.pairs)
