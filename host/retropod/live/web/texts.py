"""Texts of the live page, in the units of the user. An unknown value is a dash."""

from retropod.client.messages import StatusMessage
from retropod.insight import units as formats
from retropod.insight.directions import in_words
from retropod.insight.units import Units, clock
from retropod.live import guidance
from retropod.live.big import BigState
from retropod.live.plan import way_in_words
from retropod.live.web.state import Goal, PageState, ShoeState
from retropod.live.web.totals import Total
from retropod.wording import count

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


def pod(state: PageState) -> str:
    """Return battery, mount, recording and losses of each pod."""
    return "\n".join(f"{_status(one.now.status)}, {_link(one.now)}" for one in state.shoes)


def is_incomplete(state: PageState) -> bool:
    """Return whether data is missing, or the port of a pod is away."""
    return any(one.now.link or one.now.way == "away" for one in state.shoes)


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
    """Return the number of strides in all directions."""
    return count(sum(one.strides for shoe in state.shoes for one in shoe.totals.values()), "stride")


def elapsed(state: PageState) -> str:
    """Return the time of the session."""
    return f"session {_minutes(state.elapsed_s)}"


def spoken(state: PageState) -> str:
    """Return the direction of each shoe for screen readers."""
    return ", ".join(in_words(one.now.way if one.now.way != "away" else "no link") for one in state.shoes)


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
