"""The result of a scenario: figures on one line, and the criteria that were not met."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Verdict:
    """One line of `make soak`. `faults`: criteria that failed, with the value found."""

    name: str
    figures: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Add a figure."""
        self.figures.append(text)

    def most(self, what: str, value: float, limit: float, unit: str = "") -> None:
        """Add a figure that must not exceed `limit`."""
        shown = f"{what} {value:.3g} {unit}".rstrip() if isinstance(value, float) else f"{value} {what}"
        self.note(shown)
        if value > limit:
            self.faults.append(f"{shown}, limit {limit:g} {unit}".rstrip())

    def need(self, what: str, good: bool) -> None:
        """Add a fault unless `good`."""
        if not good:
            self.faults.append(what)

    @property
    def line(self) -> str:
        """The verdict as it is printed."""
        text = f"{'FAIL' if self.faults else 'ok  '} {self.name}: {', '.join(self.figures)}"
        return "".join([text, *(f"\n       failed: {fault}" for fault in self.faults)])


def p99(values: Sequence[float]) -> float:
    """99th percentile, the largest of less than a hundred."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]


def median(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)
