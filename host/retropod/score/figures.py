"""Figures of a scored set. Each rate has its count, its 95 % interval and the recording time that it covers."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar

from retropod.score.calibration import Decided, calibration, mean_confidence
from retropod.score.intervals import bootstrap, median, poisson, wilson
from retropod.score.labels import Label, person_of, set_of
from retropod.score.matching import DetectedStride, Matched

ANSWERS = ("forward", "backward", "lateral", "unknown")
DIRECTIONS = ("forward", "backward", "lateral")
T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
Pair = tuple[Label, DetectedStride | None]


def figures(matched: Sequence[Matched]) -> dict[str, Any]:
    """Return all figures for JSON: groups, persons, sets, calibration, lengths."""
    by_set = _grouped(matched, lambda one: set_of(one.recording))
    return {
        "groups": [
            {"set": name, "group": group, **_group(pairs)}
            for name, members in by_set.items()
            for group, pairs in sorted(_grouped(_pairs(members), lambda pair: pair[0].group).items())
        ],
        "persons": [
            {"set": name, "person": person, **_person(members)}
            for (name, person), members in sorted(_grouped(matched, _set_and_person).items())
        ],
        "sets": [{"set": name, **_set(members)} for name, members in by_set.items()],
        "calibration": [
            *({"set": name, **calibration(_decided_by_person(members))} for name, members in by_set.items()),
            {"set": "all", **calibration(_decided_by_person(matched))},
        ],
        "lengths": _lengths(matched),
    }


def _group(pairs: list[Pair]) -> dict[str, Any]:
    """Return recall, right share of the decided strides, unknown share of the found ones, and reported directions."""
    hits = [(label, found) for label, found in pairs if found is not None]
    called = Counter(found.direction for _, found in hits)
    decided = [(label, found) for label, found in hits if found.direction != "unknown"]
    result: dict[str, Any] = {
        "n": len(pairs),
        "duration_s": _duration_s(label for label, _ in pairs),
        "recall": share(len(hits), len(pairs)),
        "unknown": share(len(hits) - len(decided), len(hits)),
        "called": {name: called[name] for name in ANSWERS},
        "right": None,
    }
    if pairs and pairs[0][0].direction in DIRECTIONS:
        result["right"] = share(sum(found.direction == label.direction for label, found in decided), len(decided))
    return result


def _set_and_person(one: Matched) -> tuple[str, str]:
    return set_of(one.recording), person_in(one)


def person_in(one: Matched) -> str:
    """Return the person of a recording: the one that its labels name, otherwise by its name."""
    named = (label.person for label, _ in one.pairs if label.person)
    return next(named, person_of(one.recording))


def _person(members: list[Matched]) -> dict[str, Any]:
    """Return the figures of `_group` for the labels with a direction, extra strides, and strides while standing.

    `confidence`: the mean of the decided strides, to compare with `right`.
    """
    pairs = [pair for pair in _pairs(members) if pair[0].direction in DIRECTIONS]
    return {
        **_group(pairs),
        "confidence": mean_confidence(_decided(pairs)),
        "recordings": len(members),
        "extra": sum(len(one.extra) for one in members),
        "still_strides": sum(len(one.in_still) for one in members),
    }


def _set(members: list[Matched]) -> dict[str, Any]:
    """Return the figures of a whole set: extra strides, false alarms per hour, turns."""
    pairs = _pairs(members)
    extra = sum(len(one.extra) for one in members)
    turns = [found for label, found in pairs if label.direction == "turn" and found is not None]
    answers = [pair for pair in pairs if pair[1] is not None] + [pair for one in members for pair in one.extra]
    false_backward = sum(
        label.direction == "forward" and found.direction == "backward" for label, found in answers if found
    )
    not_denied = sum(not one.denied(label) for one in members for label, _ in one.pairs)
    extra_held = sum(not one.denied(label) for one in members for label, _ in one.extra)
    return {
        "recordings": len(members),
        "strides": len(pairs),
        "refused": sum(one.refused for one in members),
        "denied": len(pairs) - not_denied,
        "extra_held": extra_held,
        "extra_held_per_100": 100 * extra_held / not_denied if not_denied else None,
        "found": len(answers) + sum(len(one.in_still) + len(one.outside) for one in members),
        "extra": extra,
        "extra_per_100": 100 * extra / len(pairs) if pairs else None,
        "extra_unseen": sum(not one.merged(label) for one in members for label, _ in one.extra),
        "outside": sum(len(one.outside) for one in members),
        "turns_called_backward": share(sum(found.direction == "backward" for found in turns), len(turns)),
        "false_backward_per_hour": per_hour(false_backward, sum(one.forward_s for one in members)),
        "still_strides_per_hour": per_hour(
            sum(len(one.in_still) for one in members), sum(one.still_s for one in members)
        ),
    }


def _lengths(matched: Sequence[Matched]) -> list[dict[str, Any]]:
    """Return the errors of stride length by set, truth and group: median absolute error and bias, in m."""
    rows: list[dict[str, Any]] = []
    measured = [pair for pair in _pairs(matched) if _has_length(pair)]
    for (name, truth, group), pairs in _grouped(measured, _length_key).items():
        recordings = list(_grouped(pairs, lambda pair: pair[0].recording).values())
        errors = [_length_error(pair) for pair in pairs]
        true = median([label.length_m for label, _ in pairs]) or 0.0
        bias = median(errors) or 0.0
        rows.append({
            "set": name, "truth": truth, "group": group, "n": len(pairs),
            "duration_s": _duration_s(label for label, _ in pairs),
            "median_m": true, "abs_error_m": median([abs(error) for error in errors]), "bias_m": bias,
            "abs_error_95": bootstrap(recordings, lambda drawn: median([abs(_length_error(pair)) for pair in drawn])),
            "bias_95": bootstrap(recordings, lambda drawn: median([_length_error(pair) for pair in drawn])),
            "bias_share": bias / true if true else None,
        })  # fmt: skip
    return rows


def _has_length(pair: Pair) -> bool:
    label, found = pair
    return label.length_m is not None and found is not None and found.length_m is not None


def _length_key(pair: Pair) -> tuple[str, str, str]:
    label = pair[0]
    return set_of(label.recording), label.truth, label.group


def _length_error(pair: Pair) -> float:
    label, found = pair
    return (found.length_m or 0.0) - (label.length_m or 0.0) if found else 0.0


def _decided_by_person(matched: Iterable[Matched]) -> list[list[Decided]]:
    return [_decided(_pairs(members)) for members in _grouped(matched, person_in).values()]


def _decided(pairs: Iterable[Pair]) -> list[Decided]:
    """Return (confidence, right) of each decided stride whose label has a direction."""
    return [
        (found.confidence, found.direction == label.direction)
        for label, found in pairs
        if found is not None and found.direction != "unknown" and label.direction in DIRECTIONS
    ]


def share(hits: int, of: int) -> dict[str, Any]:
    """Return a share with its Wilson interval."""
    return {"hits": hits, "of": of, "share": hits / of if of else None, "ci95": wilson(hits, of)}


def per_hour(count: int, seconds: float) -> dict[str, Any]:
    """Return a rate with its Poisson interval and the observed minutes."""
    hours = seconds / 3600
    low, high = poisson(count)
    return {
        "count": count,
        "duration_s": seconds,
        "per_hour": count / hours if hours else None,
        "ci95": (low / hours, high / hours) if hours else None,
    }


def _pairs(matched: Iterable[Matched]) -> list[Pair]:
    return [pair for one in matched for pair in one.pairs]


def _duration_s(labels: Iterable[Label]) -> float:
    return sum(label.t1_s - label.t0_s for label in labels)


def _grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    groups: dict[K, list[T]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return dict(groups)
