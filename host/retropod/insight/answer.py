"""The result of a run in three sentences: its directions, backward against forward, and the course or the quality."""

from retropod.insight.analysis import Analysis
from retropod.insight.comparison import PUBLISHED, SpeedComparison
from retropod.insight.groups import MeasuredGroup
from retropod.insight.quality import GOOD
from retropod.insight.units import Units, clock, number, unit
from retropod.wording import count

_STEADY = 0.02  # relative change that is not worth naming
# Ratio: its name in a sentence, and the words for above and below 1.
_RATIOS = {
    "contact_ratio": ("contact time", "longer", "shorter"),
    "aerial_ratio": ("time in the air", "longer", "shorter"),
    "cadence_ratio": ("cadence", "higher", "lower"),
}


def answer(run: Analysis, units: Units) -> list[str]:
    """Return three sentences about a run with strides, or one about a run without."""
    if not run.strides:
        return ["The run has no strides."]
    return [_parts(run, units), _backward(run, units), _course(run)]


def _parts(run: Analysis, units: Units) -> str:
    ways = {way: run.direction(way) for way in ("backward", "forward")}
    parts = [_part(way, group, units) for way, group in ways.items() if group]
    sideways = run.summary.count["lateral"]
    parts += [f"{count(sideways, 'stride')} sideways"] if sideways else []
    moved = clock(run.summary.duration_s)
    if not parts:
        return f"The pod decided no direction in {moved} of movement."
    return f"In {moved} of movement, the runner went {_listed(parts)}."


def _part(way: str, group: MeasuredGroup, units: Units) -> str:
    if group.distance_m is None:
        return f"{way} for {clock(group.values['time_s'].value or 0.0)}"
    return f"{number('distance_m', group.distance_m, units)} {units.distance} {way}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _backward(run: Analysis, units: Units) -> str:
    compared = next((one for one in run.comparisons if one.known), None)
    if compared is not None:
        return _compared(compared, units)
    groups = [one for one in run.gaits if one.direction == "backward"] or [run.direction("backward")]
    group = max((one for one in groups if one), key=lambda one: len(one.strides), default=None)
    if group is None:
        return "The run has no backward strides to compare."
    parts = [
        f"{number(name, group.values[name].value, units)} {unit(name, units)}{remark}"
        for name, remark in (("speed_mps", ""), ("cadence_spm", ""), ("contact_time_s", " on the ground"))
        if group.values[name].value is not None
    ]
    gait = f"{group.gait} " if group.gait else ""
    medians = f"Medians of {gait}backward: {_listed(parts)}" if parts else "No median of backward strides is known"
    return f"{medians} (no comparison with forward: {run.comparisons[0].ratios['contact_ratio'].reason})."


def _compared(compared: SpeedComparison, units: Units) -> str:
    low, high = (number("speed_mps", speed, units) for speed in compared.speeds_mps or (0.0, 0.0))
    parts: list[str] = []
    for name, (title, more, less) in _RATIOS.items():
        if (value := compared.ratios[name].value) is not None:
            parts.append(f"{title} {_change(value, more, less)}{_published(name, compared.gait)}")
    speeds = f"{low} to {high} {units.speed}" if low != high else f"{low} {units.speed}"
    return f"Backward {compared.gait} at {speeds}, against forward at the same speed: {_listed(parts)}."


def _change(ratio: float, more: str, less: str) -> str:
    if abs(ratio - 1) < _STEADY:
        return "was equal"
    return f"was {abs(ratio - 1):.0%} {more if ratio > 1 else less}".replace("%", "\u00a0%")


def _published(name: str, gait: str) -> str:
    if name not in PUBLISHED or gait != "running":
        return ""
    return f" (published: {PUBLISHED[name][0] - 1:+.0%})".replace("%", "\u00a0%")


def _course(run: Analysis) -> str:
    if run.intervals.repetitions:
        name = "speed_mps" if "speed_mps" in run.intervals.trends else "cadence_spm"
        trend = run.intervals.trends.get(name)
        repetitions = count(len(run.intervals.repetitions), "backward repetition")
        if trend is not None:
            word = "speed" if name == "speed_mps" else "cadence"
            fell = "was steady" if abs(trend.fade) < _STEADY else f"changed by {100 * trend.fade:+.0f} %"
            return f"Over {repetitions}, {word} {fell} from the first to the last third."
    limited = [f"{one.name} ({one.text})" for one in run.quality if one.level != GOOD]
    return f"The data are limited in: {'; '.join(limited)}." if limited else "The data are good in every aspect."
