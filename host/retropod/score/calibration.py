"""Calibration of the confidence: of the strides reported with 0.9, 90 % should be right."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from retropod.score.intervals import bootstrap, clustered

EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 1.0001)
Decided = tuple[float, bool]  # a decided stride: confidence, and whether its direction is right


def calibration(persons: Sequence[Sequence[Decided]]) -> dict[str, Any]:
    """Return expected calibration error, Brier score and reliability by bin, for JSON.

    `persons`: the decided strides of each person. The intervals respect that strides of a person are alike.
    """
    strides = [one for person in persons for one in person]
    if not strides:
        return {
            "n": 0,
            "ece": None,
            "ece_95": None,
            "brier": None,
            "brier_constant": None,
            "bins": [],
            "least_sure_tenth": None,
        }
    right = sum(hit for _, hit in strides) / len(strides)
    return {
        "n": len(strides),
        "ece": ece(strides),
        "ece_95": bootstrap(persons, ece),
        "brier": sum((confidence - hit) ** 2 for confidence, hit in strides) / len(strides),
        # Reference: the score of a constant confidence equal to the share of right strides.
        "brier_constant": right * (1 - right),
        "bins": [_bin(low, high, members, persons) for low, high, members in _binned(strides)],
        "least_sure_tenth": _least_sure(strides),
    }


def ece(strides: Sequence[Decided]) -> float | None:
    """Return the expected calibration error (Naeini 2015, AAAI), or None without strides.

    It is the mean over bins of |mean confidence - share of right strides|, weighted by the number of strides.
    """
    if not strides:
        return None
    return sum(abs(_confidence(part) - _right(part)) * len(part) for _, _, part in _binned(strides)) / len(strides)


def _binned(strides: Sequence[Decided]) -> list[tuple[float, float, list[Decided]]]:
    bins = [(low, high, [one for one in strides if low <= one[0] < high]) for low, high in pairwise(EDGES)]
    return [one for one in bins if one[2]]


def _bin(low: float, high: float, members: list[Decided], persons: Sequence[Sequence[Decided]]) -> dict[str, Any]:
    own = [[hit for confidence, hit in person if low <= confidence < high] for person in persons]
    return {
        "from": low,
        "to": min(high, 1.0),
        "n": len(members),
        "persons": sum(bool(hits) for hits in own),
        "confidence": _confidence(members),
        "right": _right(members),
        "ci95": clustered([(sum(hits), len(hits)) for hits in own]),
    }


def overconfident(part: dict[str, Any]) -> bool:
    """Return whether the share of right strides in a bin is below their mean confidence by more than its interval."""
    return part["ci95"] is not None and bool(part["ci95"][1] < part["confidence"])


def _least_sure(strides: Sequence[Decided]) -> dict[str, int]:
    """Return the number of errors, and their number without the least confident tenth of the strides."""
    ordered = sorted(strides)
    kept = ordered[len(ordered) // 10 :]
    return {"errors": sum(not hit for _, hit in ordered), "errors_without": sum(not hit for _, hit in kept)}


def mean_confidence(members: Sequence[Decided]) -> float | None:
    """Return the mean confidence, or None without strides."""
    return _confidence(members) if members else None


def _confidence(members: Sequence[Decided]) -> float:
    return sum(confidence for confidence, _ in members) / len(members)


def _right(members: Sequence[Decided]) -> float:
    return sum(hit for _, hit in members) / len(members)
