"""Plan and targets of a session in words."""

from retropod.insight.units import clock
from retropod.live.cues import Cues
from retropod.live.plan import PlanStep, way_in_words
from retropod.live.plantimer import PlanState
from retropod.live.targets import TargetState
from retropod.live.watch import StreamStats

REACHED = "●\u00a0reached"  # with a space that does not break
_STATES = {
    TargetState.REACHED: REACHED,
    TargetState.BELOW: "▼\u00a0below",
    TargetState.ABOVE: "▲\u00a0above",
    TargetState.UNKNOWN: "-",
}


def lines(cues: Cues, *shoes: StreamStats) -> list[str]:
    """Return the line of the plan and one line per target. Empty without both. `shoes`: statistics of each shoe."""
    plan = [of_plan(cues.timer.state())] if cues.timer else []
    states = zip(cues.targets, cues.states(*shoes), strict=True)
    return [*plan, *(f"target {one.text}: {in_words(state)}" for one, state in states)]


def in_words(state: TargetState) -> str:
    """Return the state of a target as a sign and a word."""
    return _STATES[state]


def left_s(cues: Cues) -> int | None:
    """Return the whole seconds to the end of the step, or to the first one. None while no step runs."""
    state = cues.timer.state() if cues.timer else None
    return None if state is None or state.done else state.whole_s


def of_plan(state: PlanState | None) -> str:
    """Return the state of a plan as one line."""
    if state is None:
        return "plan: starts with the first stride or p"
    if state.done:
        return "plan done"
    following = f", then {state.following.text}" if state.following else ""
    if state.step is None:
        return f"plan: starts in {state.whole_s} s{following}"
    left = clock(state.whole_s).removesuffix(".0")
    return f"plan: {way_in_words(state.step.way)} {left}{_place(state.step)}{following}"


def _place(step: PlanStep) -> str:
    return f" ({step.place})" if step.place else ""
