"""95 % intervals of shares, of event counts and, by bootstrap over recordings, of any other figure.

scipy comes with the extra `score`. Each function imports it on demand: `retropod demo` runs without the extra.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

Interval = tuple[float, float]
T = TypeVar("T")
_TAIL = 0.025  # probability outside the interval, on each side
_RESAMPLES = 500


def wilson(hits: int, of: int) -> Interval | None:
    """Return the interval of the share `hits / of` (Wilson 1927, J. Am. Stat. Assoc. 22:209), or None if `of` is 0."""
    if not of:
        return None
    from scipy import stats

    interval = stats.binomtest(hits, of).proportion_ci(1 - 2 * _TAIL, method="wilson")
    return float(interval.low), float(interval.high)


def poisson(count: int) -> Interval:
    """Return the exact interval of the mean of a Poisson count (Garwood 1936, Biometrika 28:437)."""
    from scipy import stats

    low = float(stats.chi2.ppf(_TAIL, 2 * count)) / 2 if count else 0.0
    return low, float(stats.chi2.isf(_TAIL, 2 * count + 2)) / 2


def bootstrap(
    groups: Sequence[Sequence[T]], figure: Callable[[list[T]], float | None], seed: int = 1
) -> Interval | None:
    """Return the percentile interval of `figure` over 500 resamples of whole groups (recordings).

    The strides of one recording are not independent: resampling single strides would make the interval too narrow.
    Empty groups do not count. Returns None for fewer than two groups.
    """
    filled = [group for group in groups if group]
    if len(filled) < 2:
        return None
    from scipy import stats

    def figure_of(picks: Sequence[int]) -> float:
        value = figure([item for pick in picks for item in filled[pick]])
        return math.nan if value is None else value

    resampled = stats.bootstrap(
        (np.arange(len(filled)),), figure_of,
        n_resamples=_RESAMPLES, confidence_level=1 - 2 * _TAIL, vectorized=False, method="percentile",
        rng=np.random.default_rng(seed),
    ).bootstrap_distribution  # fmt: skip
    defined = resampled[np.isfinite(resampled)]
    if not len(defined):
        return None
    low, high = np.percentile(defined, [100 * _TAIL, 100 * (1 - _TAIL)])
    return float(low), float(high)


def median(values: Sequence[Any]) -> float | None:
    """Return the median, or None without values."""
    return float(np.median(values)) if len(values) else None
