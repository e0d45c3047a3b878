"""95 % intervals: of shares, of rates, and of whatever a bootstrap over recordings can tell."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

Interval = tuple[float, float]
T = TypeVar("T")
_Z = 1.959964  # of the normal distribution, two-sided 95 %
_DRAWS = 500


def wilson(hits: int, of: int) -> Interval | None:
    """Of a share (Wilson 1927, J. Am. Stat. Assoc. 22:209); None of nothing."""
    if not of:
        return None
    share, spread = hits / of, _Z * _Z / of
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def poisson(count: int) -> Interval:
    """Of a count of rare events, exact (Garwood 1936, Biometrika 28:437)."""
    low = 0.0 if count == 0 else _root(lambda mean: 1 - _cumulative(count - 1, mean) - 0.025, count)
    return low, _root(lambda mean: 0.025 - _cumulative(count, mean), count + 1)


def _cumulative(count: int, mean: float) -> float:
    """Probability of at most `count` events."""
    return sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1)) if mean > 0 else 1.0


def _root(rising: Callable[[float], float], near: float) -> float:
    low, high = 0.0, 4.0 * near + 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return high


def bootstrap(
    groups: Sequence[Sequence[T]], figure: Callable[[list[T]], float | None], seed: int = 1
) -> Interval | None:
    """Of any figure over items that hang together in groups (recordings): whole groups are drawn anew, 500 times.

    Strides of one person in one recording are no independent evidence, so resampling single strides would flatter.
    """
    if len(groups) < 2:
        return None
    generator = np.random.default_rng(seed)
    drawn: list[float] = []
    for _ in range(_DRAWS):
        picks = generator.integers(0, len(groups), len(groups))
        value = figure([item for pick in picks for item in groups[int(pick)]])
        if value is not None:
            drawn.append(value)
    if not drawn:
        return None
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def median(values: Sequence[Any]) -> float | None:
    """Median, None of nothing."""
    return float(np.median(values)) if len(values) else None
