"""`retropod mount`."""

import contextlib
import datetime
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.finite import FiniteRange
from retropod.cli.options import options
from retropod.cli.pods import PodFailures, identity, on_each, several
from retropod.client.messages import MountActionName, MountMessage, StrideMessage
from retropod.client.pod import Pod
from retropod.client.several import SelectedPod
from retropod.errors import OperationFailed, RetropodError
from retropod.insight.stride import Stride
from retropod.wording import count
from retrowire import settingrows

if TYPE_CHECKING:
    from rich.progress import Progress

_POLL_S = 0.25
_LIMIT_S = 120.0
_REPORT_S = 5.0
_STEPS = 10
_LEAST_STRIDES = 5
_FAR_OFF = 0.15  # strapdown lengths rarely have a larger error, so a larger correction suggests a wrong distance
_MOST_METRES = 5000.0  # with at most 99,999 strides, so that the note fits into its setting
_PAUSE_S = 5.0  # a runner who stands for this long has reached the end of the distance
_STATES = {
    "none": "unknown: the pod decides no direction until it is learned (`retropod mount`)",
    "given": "given",
    "verified": "verified by a walk forward",
    "suspect": "suspect: the pod decides no direction until ten brisk steps forward or a new check",
}
_REASONS = {
    "moved": "the shoe moved while it had to be still",
    "turned": "the walk was not straight",
    "not_forward": "the ten steps do not look like walking forward",
    "power_lost": "the pod lost power",
    "woke": "the pod was asleep",
    "handled": "the pod was handled",
    "timeout": "the pod did not detect ten steps in time",
    "no_gyroscope": "this firmware requires a gyroscope for the check",
    "undecided": "the steps do not distinguish forward from backward",
}
_USUAL_HINT = "stand still for two seconds, then walk ten steps forward"
_HINTS = {
    "turned": "stand still for two seconds, then walk ten steps straight forward",
    "not_forward": "stand still for two seconds, then walk ten steps straight forward",
    "no_gyroscope": "run `retropod update`, or fasten the pod with x toward the toe and z up and run "
    "`retropod mount --given`",
    "undecided": "walk ten brisk, long steps straight forward, because an accelerometer cannot judge a stroll; if that "
    "is not possible, fasten the pod with x toward the toe and z up and run `retropod mount --given`",
}
# Error of the toe axis: median and 95th percentile of the checks (docs/science.md, "Mount check")
_ACCURACY = {
    True: "error about 1°, and below 6° in 95 % of checks",
    False: "error about 3°, and below 11° in 95 % of checks, because the pod has no gyroscope",
}


@command("mount")
@click.option("--query", is_flag=True, help="Show only the state of the mount.")
@click.option("--given", is_flag=True, help="Declare that x of the sensor points to the toe and z up.")
@click.option("--forget", is_flag=True, help="Reset the mount to unknown.")
@click.option(
    "--length",
    "metres",
    type=FiniteRange(5.0, _MOST_METRES),
    metavar="METRES",
    help="Calibrate stride lengths: walk or run this distance forward. Later lengths are corrected.",
)
def mount(query: bool, given: bool, forget: bool, metres: float | None) -> None:
    """Check and calibrate the mount, which is the orientation of the pod on the shoe.

    Stand still for two seconds, then walk ten steps straight forward. A pod that is mounted back to front exchanges
    forward and backward. The gait alone cannot reveal this, so the walk is necessary. Walk briskly: a pod without a
    gyroscope cannot decide the direction of a stroll, and then the check fails.

    With --pods, one walk checks all pods. A check that fails can be repeated for its pod alone.
    """
    only: MountActionName | None = "query" if query else "given" if given else "forget" if forget else None
    if options().pods:
        if only is None:
            _learn_together()
        else:
            on_each(lambda one: _show(one.connected, _act(one.connected, only), "", one.label))
        return
    with options().connect() as pod:
        if metres:
            _calibrate_length(pod, metres)
        elif only:
            _show(pod, _act(pod, only))
        else:
            _show(pod, _learn(pod), _accuracy(pod))


def _act(pod: Pod, only: MountActionName) -> MountMessage:
    return pod.mount(only, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0) if only == "given" else None)


def _accuracy(pod: Pod) -> str:
    return _ACCURACY["gyroscope" in pod.greeting.capabilities]


def _learn(pod: Pod) -> MountMessage:
    """Run the check to its end. Raises OperationFailed with the reason if it does not pass."""
    with _guides([""]) as (guide,):
        check = _Check(pod, guide)
        try:
            while check.running:
                check.guide()
                time.sleep(_POLL_S)
                check.poll()
        except BaseException:
            check.cancel()
            raise
    return check.result()


def _learn_together() -> None:
    """Run the checks of all pods in one walk: the same ten steps move both shoes. A check that fails ends alone."""
    failures = PodFailures()
    with several(failures) as pods:
        with _guides([one.label for one in pods]) as guides:
            checks = _all_checked(pods, guides, failures)
        for one, check in checks:
            with failures.caught(one):
                _show(one.connected, check.result(), _accuracy(one.connected), one.label)
    failures.finish()


def _all_checked(
    pods: Sequence[SelectedPod], guides: "Sequence[_Guide]", failures: PodFailures
) -> "list[tuple[SelectedPod, _Check]]":
    """Run the checks until all have ended. Return those that did not raise an error."""
    checks: list[tuple[SelectedPod, _Check]] = []
    failed: list[_Check] = []
    try:
        for one, guide in zip(pods, guides, strict=True):
            with failures.caught(one):
                checks.append((one, _Check(one.connected, guide)))
        while running := [(one, check) for one, check in checks if check.running and check not in failed]:
            time.sleep(_POLL_S)
            for one, check in running:
                failed.append(check)
                with failures.caught(one):
                    check.poll()
                    check.guide()
                    failed.remove(check)
    finally:
        for _, check in checks:
            if check.running:
                check.cancel()
    return [(one, check) for one, check in checks if check not in failed]


class _Check:
    """Mount check of one pod, from its start."""

    def __init__(self, pod: Pod, guide: "_Guide") -> None:
        self._pod, self._guide = pod, guide
        self._state, self._start_s = pod.mount("learn"), time.monotonic()
        self._waiting = _Waiting(pod)

    @property
    def running(self) -> bool:
        return self._state.phase not in ("passed", "failed")

    def guide(self) -> None:
        """Show the instruction. Raises OperationFailed if the check takes too long."""
        if not self.running:
            return
        self._guide.show(self._state)
        if time.monotonic() - self._start_s > _LIMIT_S:
            raise OperationFailed("the mount check did not end", "run `retropod mount` again")
        if missing := self._waiting.missing(self._state):
            self._guide.note(missing)

    def poll(self) -> None:
        """Ask the pod for the state of the check."""
        self._state = self._pod.mount("query")

    def cancel(self) -> None:
        """End the check on the pod. It may be the cause of an error, which is then reported first."""
        with contextlib.suppress(RetropodError):
            self._pod.mount("cancel")

    def result(self) -> MountMessage:
        """Return the mount. Raises OperationFailed with the reason if the check did not pass."""
        if self._state.phase == "failed":
            reason = str(self._state.reason)
            cause = _REASONS.get(reason, reason.replace("_", " "))
            raise OperationFailed(f"the mount check failed: {cause}", _HINTS.get(reason, _USUAL_HINT))
        return self._state


class _Waiting:
    """Missing action of a mount check, reported every 5 s without progress."""

    def __init__(self, pod: Pod) -> None:
        self._pod = pod
        self._progress: tuple[str | int, int] = ("", 0)
        self._samples = pod.status().samples
        self._since = time.monotonic()

    def missing(self, state: MountMessage) -> str:
        """Return the missing action, or an empty text before the next report is due."""
        now, progress = time.monotonic(), (state.phase, state.strides)
        if progress != self._progress:
            self._progress, self._since = progress, now
        if now - self._since < _REPORT_S:
            return ""
        self._since = now
        return self._stopped() or self._steps(state)

    def _stopped(self) -> str:
        """Return the reason if no samples arrive, so that no step can be found."""
        status = self._pod.status()
        before, self._samples = self._samples, status.samples
        if status.state == "sensor_missing":
            return "the pod finds no sensor: press Ctrl-C and run `retropod doctor`"
        if status.samples == before:
            return "the pod gets no samples from its sensor: press Ctrl-C and run `retropod doctor`"
        return ""

    def _steps(self, state: MountMessage) -> str:
        if state.phase == "still":
            return "waiting for two seconds of standing still: the pod still measures movement"
        return f"waiting for steps: {_steps_of(state)} of {_STEPS} detected; walk straight forward, briskly"


def _steps_of(state: MountMessage) -> int:
    """Return the steps of both feet: the pod counts the strides of its foot, and the other foot makes as many."""
    return min(2 * state.strides, _STEPS)


class _Guide:
    """Instructions for the wearer: a line for each one, or a bar on a terminal. `label` names one of several pods."""

    def __init__(self, progress: "Progress | None", label: str) -> None:
        self._progress, self._label = progress, f"{label}: " if label else ""
        self._task = progress.add_task("stand still", total=_STEPS) if progress else None
        self._text = ""

    def show(self, state: MountMessage) -> None:
        """Show the instruction that fits the phase of the check."""
        if state.phase == "still":
            self._instruct("stand still", 0)
        elif state.phase == "walk":
            self._instruct("walk straight forward, briskly", _steps_of(state))

    def _instruct(self, text: str, steps: int) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=f"{self._label}{text}", completed=steps)
        elif text != self._text:
            self.note(text)
        self._text = text

    def note(self, text: str) -> None:
        """Print a remark."""
        output.print_note(f"{self._label}{text}")


@contextlib.contextmanager
def _guides(labels: Sequence[str]) -> Generator[list[_Guide]]:
    if options().json or not sys.stderr.isatty():
        yield [_Guide(None, label) for label in labels]
        return
    from rich.progress import BarColumn, MofNCompleteColumn

    with output.progress("{task.description}", BarColumn(bar_width=20), MofNCompleteColumn(), "steps") as progress:
        yield [_Guide(progress, label) for label in labels]


def _show(pod: Pod, state: MountMessage, accuracy: str = "", label: str = "") -> None:
    """Show the mount. `accuracy`: expected error of the toe axis after a check. `label` names one of several pods."""
    if options().json:
        output.print_json(_as_json(state) | identity(pod))
        return
    if label:
        output.print_line(label)
    rows = [("mount", _STATES.get(str(state.state), str(state.state)))]
    if state.reason != "none":
        rows.append(("reason", _REASONS.get(str(state.reason), str(state.reason))))
    if state.tilt is not None:
        rows.append(("tilt", f"{state.tilt:.1f}° between the expected and the measured gravity"))
    if state.heading is not None:
        direction = "left" if state.heading > 0 else "right"
        rows.append(("heading", f"the steps went {abs(state.heading):.1f}° to the {direction} of the toe axis"))
    if accuracy:
        rows.append(("toe axis", accuracy))
    output.print_pairs(rows)


def _as_json(state: MountMessage) -> dict[str, Any]:
    return {"state": state.state, "phase": state.phase, "strides": state.strides, "matrix": state.matrix,
            "tilt_deg": state.tilt, "heading_deg": state.heading, "reason": state.reason}  # fmt: skip


def _calibrate_length(pod: Pod, metres: float) -> None:
    """Correct the length factor by the ratio of a known distance to the sum of the measured forward strides."""
    output.print_note(f"walk or run {metres:g} m forward, then stand still for five seconds or press Ctrl-C")
    strides = list(_forward_strides(pod))
    measured = sum(stride.length_m or 0.0 for stride in strides)
    if len(strides) < _LEAST_STRIDES or not measured:
        raise OperationFailed(
            f"only {count(len(strides), 'forward stride')} with a length detected, {_LEAST_STRIDES} are necessary",
            "go the whole distance forward",
        )
    present = pod.setting("length_factor", int)
    factor = round(present * metres / measured)
    _check(factor, metres, measured)
    pod.change("length_factor", factor)
    pod.change("length_note", f"{datetime.date.today()} {metres:.4g} m, {count(len(strides), 'stride')}")
    if options().json:
        output.print_json({"distance_m": metres, "measured_m": round(measured, 2), "strides": len(strides),
                           "length_factor": factor / 1000})  # fmt: skip
        return
    output.print_line(f"{len(strides)} strides measured {measured:.1f} m: new length factor {factor / 1000:.3f}")
    if abs(factor - present) > _FAR_OFF * present:
        output.print_note("note: this is a large correction; check the distance and that every stride was forward")


def _check(factor: int, metres: float, measured: float) -> None:
    """Raise OperationFailed for an invalid length factor. Its cause is the distance."""
    try:
        settingrows.check("length_factor", factor)
    except ValueError as error:
        raise OperationFailed(
            f"the walked distance does not fit {metres:g} m: the strides measured {measured:.1f} m, so length_factor "
            f"would be {factor}, but it must be {error}",
            "check METRES and go exactly this distance forward; `retropod config get length_factor` shows the present "
            "factor",
        ) from error


def _forward_strides(pod: Pod) -> Iterator[Stride]:
    """Yield forward strides until five seconds pass without one, or until Ctrl-C."""
    last = None
    with pod.stream("strides") as stream:
        while last is None or time.monotonic() - last < _PAUSE_S:
            try:
                item = stream.next(0.5)
            except KeyboardInterrupt:
                return
            if isinstance(item, StrideMessage):
                stride = Stride.of(item)
                if stride.direction == "forward" and not stride.length_caveats:
                    last = time.monotonic()
                    yield stride
