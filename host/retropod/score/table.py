"""Tables of the figures of a scored set."""

from collections.abc import Sequence
from typing import Any

from retropod.insight.directions import in_words
from retropod.score.figures import ANSWERS

Block = tuple[list[str], list[list[str]], str]  # headings, rows, alignment of each column: l or r


def blocks(scored: dict[str, Any]) -> list[Block]:
    """Return the tables in reading order. `scored`: result of `run.score`."""
    found = [_groups(scored["groups"]), _persons(scored["persons"]), _sets(scored["sets"])]
    found += [_calibration(scored["calibration"]), _reliability(scored["calibration"])]
    if scored["lengths"]:
        found.append(_lengths(scored["lengths"]))
    if scored["timing"]:
        found.append(_timing(scored["timing"]))
    return found


def _groups(groups: Sequence[dict[str, Any]]) -> Block:
    rows = [
        [one["set"], group(one["group"]), str(one["n"]), f"{one['duration_s'] / 60:.1f}", percent(one["recall"]),
         percent(one["right"]), percent(one["unknown"]), "/".join(str(one["called"][name]) for name in ANSWERS)]
        for one in groups
    ]  # fmt: skip
    heads = ["set", "label/gait", "n", "min", "found %", "right of decided %", "unknown of found %", "called F/B/S/?"]
    return heads, rows, "llrrllll"


def _persons(persons: Sequence[dict[str, Any]]) -> Block:
    rows = [
        [one["set"], one["person"], str(one["recordings"]), str(one["n"]), f"{one['duration_s'] / 60:.1f}",
         percent(one["recall"]), percent(one["right"]), _percent(one["confidence"]), percent(one["unknown"]),
         str(one["extra"]), str(one["still_strides"])]
        for one in persons
    ]  # fmt: skip
    heads = ["set", "person", "recordings", "with direction", "min", "found %", "right of decided %",
             "mean confidence %", "unknown of found %", "extra", "standing"]  # fmt: skip
    return heads, rows, "llrrrllrlrr"


def _sets(sets: Sequence[dict[str, Any]]) -> Block:
    rows = [
        [one["set"], str(one["recordings"]), _strides(one), str(one["found"]), _extra(one), str(one["outside"]),
         _of(one["turns_called_backward"]), rate(one["still_strides_per_hour"]), rate(one["false_backward_per_hour"])]
        for one in sets
    ]  # fmt: skip
    heads = ["set", "recordings", "strides", "found", "extra (per 100)", "outside labels", "turns called backward",
             "strides/h standing", "false backward/h forward"]  # fmt: skip
    return heads, rows, "lrrrrrrll"


def _strides(one: dict[str, Any]) -> str:
    """Format the number of labelled strides, and the numbers of refused and denied labels."""
    contradicted = [f"{one[name]} {name}" for name in ("refused", "denied") if one[name]]
    return str(one["strides"]) + (f" ({', '.join(contradicted)})" if contradicted else "")


def _extra(one: dict[str, Any]) -> str:
    """Format the extra strides: all, those in labels that are not denied, those without a swing of their own."""
    parts = [f"{one['extra']} ({one['extra_per_100'] or 0:.1f})"]
    if one["denied"]:
        parts.append(f"{one['extra_held']} ({one['extra_held_per_100'] or 0:.1f}) not denied")
    if one["extra"]:
        parts.append(f"{one['extra_unseen']} without a swing")
    return ", ".join(parts)


def _calibration(sets: Sequence[dict[str, Any]]) -> Block:
    rows = [
        [one["set"], str(one["n"]), f"{one['ece']:.4f}{_range(one['ece_95'], '.4f')}",
         f"{one['brier']:.4f}", f"{one['brier_constant']:.4f}",
         "{errors} -> {errors_without}".format(**one["least_sure_tenth"])]
        for one in sets if one["n"]
    ]  # fmt: skip
    heads = [
        "set",
        "decided",
        "calibration error",
        "Brier",
        "Brier of a constant",
        "errors without the least sure tenth",
    ]
    return heads, rows, "lrlrrr"


def _reliability(sets: Sequence[dict[str, Any]]) -> Block:
    rows = [
        [one["set"], f"{part['from']:g}-{part['to']:g}", str(part["n"]), str(part["persons"]),
         f"{part['confidence']:.4f}", f"{part['right']:.4f}{_range(part['ci95'], '.4f')}"]
        for one in sets for part in one["bins"]
    ]  # fmt: skip
    return ["set", "confidence", "n", "persons", "mean confidence", "share right"], rows, "llrrrl"


def _lengths(lengths: Sequence[dict[str, Any]]) -> Block:
    rows = [
        [one["set"], one["truth"], group(one["group"]), str(one["n"]), f"{one['duration_s'] / 60:.1f}",
         f"{one['median_m']:.2f}",
         f"{one['abs_error_m'] * 1000:.0f}{_range(one['abs_error_95'], '.0f', 1000)}",
         f"{one['bias_m'] * 1000:+.0f}{_range(one['bias_95'], '+.0f', 1000)}", f"{(one['bias_share'] or 0) * 100:+.1f}"]
        for one in lengths
    ]  # fmt: skip
    heads = ["set", "truth", "label/gait", "n", "min", "length m", "abs error mm", "bias mm", "bias %"]
    return heads, rows, "lllrrrllr"


def _timing(timing: Sequence[dict[str, Any]]) -> Block:
    rows = [
        [one["set"], name, str(one["events"]), _refused(one["refused"]),
         f"{100 * one['share']:.1f}{_range(one['ci95'], '.1f', 100)}",
         f"{one[name]['abs_s'] * 1000:.0f}{_range(one[name]['abs_95'], '.0f', 1000)}",
         f"{one[name]['median_s'] * 1000:+.0f}{_range(one[name]['median_95'], '+.0f', 1000)}"]
        for one in timing for name in ("toe_off", "contact") if one[name]["abs_s"] is not None
    ]  # fmt: skip
    heads = ["set", "event", "n", "marks refused", "found %", "median abs error ms", "median error ms"]
    return heads, rows, "llrllll"


def _refused(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {why}" for why, count in sorted(counts.items())) or "none"


def group(name: str) -> str:
    """Return a group's label and gait with its direction in words: `lateral/walk` is `sideways/walk`."""
    label, slash, gait = name.partition("/")
    return in_words(label) + slash + gait


def percent(share: dict[str, Any] | None) -> str:
    """Format a share in percent with its interval."""
    if share is None or share["share"] is None:
        return "-"
    return f"{100 * share['share']:.1f}{_range(share['ci95'], '.1f', 100)}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"


def rate(per_hour: dict[str, Any]) -> str:
    """Format events per hour with interval, count and minutes."""
    if per_hour["per_hour"] is None:
        return "-"
    span = _range(per_hour["ci95"], ".0f")
    return f"{per_hour['per_hour']:.1f}{span} ({per_hour['count']} in {per_hour['duration_s'] / 60:.1f} min)"


def _of(share: dict[str, Any]) -> str:
    return f"{share['hits']} of {share['of']}"


def _range(interval: Sequence[float] | None, form: str, factor: float = 1.0) -> str:
    return "" if interval is None else f" [{interval[0] * factor:{form}}, {interval[1] * factor:{form}}]"
