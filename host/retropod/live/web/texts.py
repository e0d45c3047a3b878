"""Texts of the live page, in the units of the user. An unknown value is a dash."""

from retropod.client.messages import StatusMessage
from retropod.insight import units as formats
from retropod.insight.directions import in_words
from retropod.insight.feet import FeetComparison
from retropod.insight.metrics import METRICS
from retropod.insight.units import Units, clock
from retropod.insight.value import Reason, Value
from retropod.live import guidance
from retropod.live.big import BigState
from retropod.live.plan import way_in_words
from retropod.live.pods_view import NO_PAIR, WAITING
from retropod.live.web.state import Goal, PageState, ShoeState, common
from retropod.live.web.totals import Total
from retropod.wording import bound, count

DASH = "–"
_MINUS = "−"


def foot(state: ShoeState) -> str:
    """Return the foot, or the name of the pod if its foot is unknown."""
    return f"{state.foot} foot" if state.foot else state.name


def word(state: ShoeState) -> str:
    """Return the direction or the state as a word."""
    if state.now.way == "away":
        return "NO LINK"
    return in_words(state.now.way).upper() if state.now.way != "standing" or state.marks else "WALK"


def speed(state: ShoeState, units: Units) -> tuple[str, str]:
    """Return the signed speed and its unit, or the time of standing and `min`."""
    now = state.now
    if now.way == "standing" and now.standing_s is not None:
        return _minutes(now.standing_s), ""
    if now.speed_mps is None:
        return (DASH, units.speed) if state.marks else ("", "")
    return f"{now.speed_mps / units.mps:+{units.speed_form}}".replace("-", _MINUS), units.speed


def cadence(now: BigState) -> tuple[str, str]:
    """Return the cadence and its unit."""
    return DASH if now.cadence_spm is None else f"{now.cadence_spm:.0f}", "steps/min"


def contact(now: BigState) -> tuple[str, str]:
    """Return the contact time and its unit."""
    return DASH if now.contact_time_s is None else f"{now.contact_time_s * 1000:.0f}", "ms on the ground"


def bout(now: BigState) -> tuple[str, str]:
    """Return the time of the current bout, and its number and strides."""
    if now.bout_s is None or now.bout_strides is None:
        return DASH, f"{count(now.bouts, 'bout')} so far"
    return _minutes(now.bout_s), f"bout {now.bouts}, {count(now.bout_strides, 'stride')}"


def total(one: Total, units: Units) -> str:
    """Return strides, distance and time."""
    if not one.strides:
        return DASH
    distance = formats.number("distance_m", one.distance_m, units).replace("-", DASH)
    return f"{count(one.strides, 'stride')}, {distance} {units.distance}, {_minutes(one.time_s)}"


def share(state: ShoeState, way: str) -> float:
    """Return the share of a direction in the time of all directions, 0 to 1."""
    whole = sum(one.time_s for one in state.totals.values())
    return state.totals[way].time_s / whole if whole else 0.0


def pod(state: ShoeState) -> str:
    """Return battery, mount, recording and losses of the pod."""
    return f"{_status(state.now.status)}, {_link(state.now)}"


def is_incomplete(state: ShoeState) -> bool:
    """Return whether data is missing, or the port of the pod is away."""
    return bool(state.now.link) or state.now.way == "away"


def feet_note(state: PageState) -> str:
    """Return the reason why left and right are not compared, empty if they are."""
    if state.feet:
        return ""
    if state.paired and any(one.now.way == "away" for one in state.shoes):
        return "left against right: when both pods have a link"
    return WAITING if state.paired else NO_PAIR


def steps(feet: FeetComparison | None, units: Units) -> tuple[str, str]:
    """Return the step cadence and its unit, or the reason of its absence."""
    name = "step_cadence_spm"
    return _metric(feet, name, f"{formats.unit(name, units)} of both feet", units)


def contact_difference(feet: FeetComparison | None, units: Units) -> tuple[str, str]:
    """Return the contact time of the left foot minus that of the right one, and the error of the difference."""
    name = "contact_difference_s"
    error = METRICS[name].error.partition(",")[0]
    return _metric(feet, name, f"{formats.unit(name, units)} left {_MINUS} right, ±{error}", units)


def flight(feet: FeetComparison | None, units: Units) -> tuple[str, str]:
    """Return aerial time or double support after or before each toe-off, and the error of both clocks."""
    for stem, when in (("aerial_after", "in the air after"), ("support_before", "on both feet before")):
        pair = [feet.values[f"{stem}_{side}_s"] for side in ("left", "right")] if feet else []
        if any(one.value is not None for one in pair):
            numbers = " / ".join(formats.number(f"{stem}_left_s", one.value, units).replace("-", DASH) for one in pair)
            error = bound(max(one.spread or 0.0 for one in pair))
            return numbers, f"ms {when} left / right toe-off, ±{error}"
    return DASH, _reason(feet.values["aerial_after_left_s"]) if feet else ""


def _metric(feet: FeetComparison | None, name: str, unit: str, units: Units) -> tuple[str, str]:
    if feet is None:
        return DASH, ""
    value = feet.values[name]
    if value.value is None:
        return DASH, _reason(value)
    return formats.number(name, value.value, units).replace("-", _MINUS), unit


def _reason(value: Value) -> str:
    text = str(value.reason or "")
    return f"{text}, ±{bound(value.spread)}" if value.reason is Reason.CLOCKS and value.spread else text


def _link(now: BigState) -> str:
    return now.link or ("waiting for the port" if now.way == "away" else "no gaps")


def _status(status: StatusMessage | None) -> str:
    if status is None:
        return f"battery {DASH}, mount {DASH}, recording {DASH}"
    battery = DASH if status.battery_percent is None else f"{status.battery_percent} %"
    recording = f"● recording run {status.run}" if status.run else "not recording"
    return f"battery {battery}, mount {status.mount}, {recording}"


def notices(state: PageState) -> str:
    """Return the latest notices, the newest first."""
    return " · ".join(reversed(state.notices))


def strides(state: PageState) -> str:
    """Return the number of strides in all directions, of all shoes."""
    return count(sum(one.strides for shoe in state.shoes for one in shoe.totals.values()), "stride")


def elapsed(state: PageState) -> str:
    """Return the time of the session."""
    return f"session {_minutes(state.elapsed_s)}"


def spoken(state: PageState) -> str:
    """Return the direction of the runner for screen readers, and that of each shoe if they differ."""
    way = common(state.shoes).now.way
    if way == "mixed":
        return ", ".join(f"{one.title} {_spoken(one.now.way)}" for one in state.shoes)
    return _spoken(way)


def _spoken(way: str) -> str:
    return "no link" if way == "away" else in_words(way)


def goal(one: Goal) -> str:
    """Return a target and its state, in words and as a sign."""
    return f"{one.text}: {guidance.in_words(one.state)}"


def plan(state: PageState) -> tuple[str, str, str]:
    """Return the step of the plan, its seconds left and the next step. Empty texts without a plan."""
    now = state.plan
    if now is None:
        return ("plan", "", "starts with the first stride, or with p") if state.planned else ("", "", "")
    if now.done:
        return "plan done", "", ""
    following = f"then {now.following.text}" if now.following else "last step"
    if now.step is None:
        return "get ready", str(now.whole_s), following
    place = f", {now.step.place}" if now.step.place else ""
    return f"{way_in_words(now.step.way)}{place}", _seconds(now.whole_s), following


def _seconds(seconds: int) -> str:
    return str(seconds) if seconds < 60 else _minutes(seconds)


def _minutes(seconds: float) -> str:
    return clock(int(seconds)).removesuffix(".0")
