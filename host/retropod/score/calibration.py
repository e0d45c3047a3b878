"""Whether confidence means what it says: of strides said with 0.9, nine in ten should be right."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from retropod.score.intervals import bootstrap, wilson

EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0001)
Decided = tuple[float, bool]  # confidence, right


def calibration(recordings: Sequence[Sequence[Decided]]) -> dict[str, Any]:
    """Of decided strides, recording by recording: expected calibration error, Brier score, reliability by bin."""
    strides = [one for recording in recordings for one in recording]
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
        "ece_95": bootstrap(recordings, ece),
        "brier": sum((confidence - hit) ** 2 for confidence, hit in strides) / len(strides),
        # what always saying the share of right ones would score: a confidence that tells nothing is no better
        "brier_constant": right * (1 - right),
        "bins": [_bin(low, high, members) for low, high, members in _binned(strides)],
        "least_sure_tenth": _least_sure(strides),
    }


def ece(strides: Sequence[Decided]) -> float | None:
    """Expected calibration error: mean distance of confidence and share right, bin by bin (Naeini 2015, AAAI)."""
    if not strides:
        return None
    return sum(abs(_sure(part) - _right(part)) * len(part) for _, _, part in _binned(strides)) / len(strides)


def _binned(strides: Sequence[Decided]) -> list[tuple[float, float, list[Decided]]]:
    bins = [(low, high, [one for one in strides if low <= one[0] < high]) for low, high in pairwise(EDGES)]
    return [one for one in bins if one[2]]


def _bin(low: float, high: float, members: list[Decided]) -> dict[str, Any]:
    hits = sum(hit for _, hit in members)
    said = {"from": low, "to": min(high, 1.0), "n": len(members), "confidence": _sure(members)}
    return {**said, "right": _right(members), "ci95": wilson(hits, len(members))}


def _least_sure(strides: Sequence[Decided]) -> dict[str, int]:
    """How many of the errors leave with the least confident tenth."""
    ordered = sorted(strides)
    kept = ordered[len(ordered) // 10 :]
    return {"errors": sum(not hit for _, hit in ordered), "errors_without": sum(not hit for _, hit in kept)}


def _sure(members: Sequence[Decided]) -> float:
    return sum(confidence for confidence, _ in members) / len(members)


def _right(members: Sequence[Decided]) -> float:
    return sum(hit for _, hit in members) / len(members)
