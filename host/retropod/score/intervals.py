"""95 % intervals of shares, of event counts and, by bootstrap over whole groups, of any other figure.

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


def clustered(groups: Sequence[tuple[int, int]]) -> Interval | None:
    """Return the interval of a share whose items are alike within groups, such as the strides of persons.

    `groups`: (hits, of) of each. The Clopper-Pearson interval with the effective number of items and the degrees of
    freedom of the groups (Korn & Graubard 1998, Survey Methodology 24:193). Items count as independent if all are hits
    or none is: such data do not show how alike they are. Returns None for fewer than two groups.
    """
    filled = [(hits, of) for hits, of in groups if of]
    if len(filled) < 2:
        return None
    from scipy import stats

    hits, of = (sum(column) for column in zip(*filled, strict=True))
    share, count = hits / of, len(filled)
    square = count / (count - 1) * sum((one - share * n) ** 2 for one, n in filled) / of**2
    alone = share * (1 - share) / (of - 1)
    design = max(1.0, square / alone) if alone else 1.0
    quantile = [stats.t.ppf(1 - _TAIL, freedom) for freedom in (of - 1, count - 1)]
    effective = of / design * (quantile[0] / quantile[1]) ** 2
    right, wrong = share * effective, (1 - share) * effective
    low = float(stats.beta.ppf(_TAIL, right, wrong + 1)) if hits else 0.0
    return low, float(stats.beta.ppf(1 - _TAIL, right + 1, wrong)) if hits < of else 1.0


def poisson(count: int) -> Interval:
    """Return the exact interval of the mean of a Poisson count (Garwood 1936, Biometrika 28:437)."""
    from scipy import stats

    low = float(stats.chi2.ppf(_TAIL, 2 * count)) / 2 if count else 0.0
    return low, float(stats.chi2.isf(_TAIL, 2 * count + 2)) / 2


def bootstrap(
    groups: Sequence[Sequence[T]], figure: Callable[[list[T]], float | None], seed: int = 1
) -> Interval | None:
    """Return the percentile interval of `figure` over 500 resamples of whole groups (recordings, persons).

    The strides of a group are not independent: resampling single strides would make the interval too narrow.
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
