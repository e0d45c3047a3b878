"""Which bytes of a file are here already."""


class Ranges:
    """A set of byte offsets as sorted, disjoint [start, end) pairs."""

    def __init__(self, pairs: list[tuple[int, int]] | None = None) -> None:
        self.pairs: list[tuple[int, int]] = []
        for start, end in pairs or []:
            self.add(start, end)

    def add(self, start: int, end: int) -> None:
        """Include [start, end)."""
        if start >= end:
            return
        if self.pairs and self.pairs[-1][1] == start:  # the common case: data comes in order
            self.pairs[-1] = (self.pairs[-1][0], end)
            return
        apart = [pair for pair in self.pairs if pair[1] < start or pair[0] > end]
        touching = [pair for pair in self.pairs if not (pair[1] < start or pair[0] > end)]
        merged = (min([start, *(pair[0] for pair in touching)]), max([end, *(pair[1] for pair in touching)]))
        self.pairs = sorted([*apart, merged])

    def missing(self, size: int) -> list[tuple[int, int]]:
        """What of [0, size) is not included."""
        holes: list[tuple[int, int]] = []
        at = 0
        for start, end in self.pairs:
            if start > at:
                holes.append((at, min(start, size)))
            at = max(at, end)
        if at < size:
            holes.append((at, size))
        return [(start, end) for start, end in holes if start < end]

    def total(self) -> int:
        """How many bytes are included."""
        return sum(end - start for start, end in self.pairs)
