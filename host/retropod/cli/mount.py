"""`retropod mount`."""

import datetime
import sys
import time
from typing import Any

import click

from retropod.cli import output
from retropod.cli.frame import command, settings
from retropod.client.messages import MountActionName, MountMessage, StrideMessage
from retropod.client.pod import Pod
from retropod.errors import OperationFailed, UsageError
from retropod.insight.stride import Stride

_POLL_S = 0.25
_LIMIT_S = 120.0
_STEPS = 10
_FAR_OFF = 0.15  # a stride measured by strapdown is seldom wrong by more
_PAUSE_S = 5.0  # whoever stands for so long has arrived
_STATES = {
    "none": "not known: no direction is decided until it is learned (`retropod mount`)",
    "given": "given",
    "verified": "verified by a walk forward",
    "suspect": "suspect: no direction is decided until ten brisk steps forward, or a new check",
}
_REASONS = {
    "moved": "the shoe was not still while it had to be",
    "turned": "the walk turned: walk straight on",
    "not_forward": "the ten steps do not look like walking forward",
    "power_lost": "the pod was without power",
    "woke": "the pod has slept",
    "handled": "the pod was handled",
    "timeout": "no ten steps came in time",
    "no_gyroscope": "this firmware needs a gyroscope for it: `retropod update`, or use --given",
    "undecided": "the steps do not tell forward from backward",
}
_USUAL_HINT = "stand still for two seconds, then walk ten steps forward"
_HINTS = {
    "undecided": "walk ten brisk, long steps straight forward: of a stroll an accelerometer alone cannot tell; whoever "
    "cannot, fastens it with x toward the toe and z up, and says `retropod mount --given`",
    "not_forward": "stand still for two seconds, then walk ten steps straight forward",
}
# Off the direction of travel, in half of the checks and in all but one of twenty (docs/science.md, "Mount check")
_EXACT = {True: "to about 1°, seldom worse than 6°", False: "to about 3°, seldom worse than 11°: it has no gyroscope"}


@command("mount")
@click.option("--query", "only", flag_value="query", help="Only say how the mount is known.")
@click.option("--given", "only", flag_value="given", help="The sensor's x points to the toe, z up: nothing to learn.")
@click.option("--forget", "only", flag_value="forget", help="Forget the mount.")
@click.option(
    "--length",
    "metres",
    type=click.FloatRange(min=5.0),
    metavar="METRES",
    help="Walk or run a known distance forward: corrects every length from then on.",
)
def mount(only: MountActionName | None, metres: float | None) -> None:  # fmt: skip
    """Mount check and calibration, guided: stand still for two seconds, then walk ten steps straight forward.

    A pod turned by half a turn mirrors forward and backward, and gait cannot show it: only this walk can. Walk briskly:
    of a stroll a pod without a gyroscope cannot tell the direction, and says so.
    """
    if only and metres:
        raise UsageError("--length goes alone", "retropod mount --length METRES")
    with settings().connect() as pod:
        if metres:
            _length(pod, metres)
            return
        if only:
            found = pod.mount(only, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0) if only == "given" else None)
        else:
            found = _learn(pod)
        gyroscope = "gyroscope" in pod.greeting.capabilities
        _show(found, "" if only else _EXACT[gyroscope])


def _learn(pod: Pod) -> MountMessage:
    """Run the check to its end. Raises OperationFailed with the reason when it does not pass."""
    state = pod.mount("learn")
    guide, began = _Guide(), time.monotonic()
    try:
        while state.phase not in ("passed", "failed"):
            guide.show(state)
            if time.monotonic() - began > _LIMIT_S:
                raise OperationFailed("the mount check did not end", "try again: `retropod mount`")
            time.sleep(_POLL_S)
            state = pod.mount("query")
    except BaseException:
        pod.mount("cancel")
        raise
    guide.end()
    if state.phase == "failed":
        reason = _REASONS.get(str(state.reason), str(state.reason).replace("_", " "))
        raise OperationFailed(f"the mount check failed: {reason}", _HINTS.get(str(state.reason), _USUAL_HINT))
    return state


class _Guide:
    """One line that says what to do now."""

    def __init__(self) -> None:
        self._said = ""

    def show(self, state: MountMessage) -> None:
        """What the pod waits for."""
        if state.phase == "still":
            self._say("stand still")
        elif state.phase == "walk":
            done = min(2 * state.strides, _STEPS)  # of this foot, and as many of the other
            self._say(f"walk straight forward, briskly  {'●' * done}{'○' * (_STEPS - done)}")

    def end(self) -> None:
        """Leave the line."""
        if self._said and sys.stderr.isatty() and not settings().json:
            sys.stderr.write("\n")

    def _say(self, text: str) -> None:
        if text == self._said or settings().json:
            return
        self._said = text
        sys.stderr.write(f"\r\033[2K{text}" if sys.stderr.isatty() else text + "\n")
        sys.stderr.flush()


def _show(state: MountMessage, exact: str = "") -> None:
    """`exact`: how well the toe axis was found just now."""
    if settings().json:
        output.emit({name: value for name, value in state.values.items() if name != "request"})
        return
    rows = [("mount", _STATES.get(str(state.state), str(state.state)))]
    if state.reason != "none":
        rows.append(("because", _REASONS.get(str(state.reason), str(state.reason))))
    if state.tilt is not None:
        rows.append(("tilt", f"{state.tilt:.1f}° off where gravity was expected"))
    if state.heading is not None:
        rows.append(
            (
                "heading",
                f"the steps went {abs(state.heading):.1f}° {'left' if state.heading > 0 else 'right'} of the toe",
            )
        )
    if exact:
        rows.append(("toe axis", exact))
    output.pairs(rows)


def _length(pod: Pod, metres: float) -> None:
    """Sum the lengths of forward strides over a known distance, and correct the factor by what is missing."""
    output.note(f"go {metres:g} m forward, then stand and press Ctrl-C (or wait five seconds)")
    strides = list(_forward_strides(pod))
    measured = sum(stride.length_m or 0.0 for stride in strides)
    if len(strides) < 5 or not measured:
        raise OperationFailed(
            f"only {len(strides)} forward strides with a length were seen", "go the whole distance forward"
        )
    present = int(pod.settings("length_factor")["length_factor"])
    factor = round(present * metres / measured)
    result: dict[str, Any] = pod.change("length_factor", factor)
    result |= pod.change("length_note", f"{datetime.date.today()} {metres:g} m, {len(strides)} strides")
    if settings().json:
        output.emit({"metres": metres, "measured_m": round(measured, 2), "strides": len(strides), **result})
        return
    output.line(f"{len(strides)} strides measured {measured:.1f} m: lengths times {factor / 1000:.3f} from now on")
    if abs(factor - present) > _FAR_OFF * present:
        output.note("that is a large correction: is the distance right, and did every stride count?")


def _forward_strides(pod: Pod) -> Any:
    """Forward strides until five seconds pass without one, or Ctrl-C."""
    last = None
    with pod.stream("strides") as stream:
        while last is None or time.monotonic() - last < _PAUSE_S:
            try:
                item = stream.next(0.5)
            except KeyboardInterrupt:
                return
            if isinstance(item, StrideMessage):
                stride = Stride.of(item)
                if stride.direction == "forward" and not stride.length_doubt:
                    last = time.monotonic()
                    yield stride
