"""Greeting a board that is starting: ports may vanish and come back, and the app takes a moment."""

import time
from collections.abc import Callable

from retropod import wire
from retropod.doctor.items import FAIL, SKIPPED
from retropod.doctor.pod import own_tests
from retropod.errors import NoPod, PortBusy, ProtocolMismatch, RetropodError
from retropod.install.steps import Watcher
from retropod.pod import Pod
from retropod.timesync import synchronise
from retropod.transport.serial import BAUD, SerialTransport

_PAUSE_S = 0.3
_SHORT = ("sensor", "flash", "clock", "settings", "gravity")
_LEAST_KB = 64


def hello(
    port: str,
    timeout_s: float,
    baud: int = BAUD,
    wanted: Callable[[wire.Message], bool] = lambda hello: True,
) -> wire.Message:
    """Open, greet and close until the answer is `wanted`. Raises what stood in the way last, NoPod mostly."""
    end = time.monotonic() + timeout_s
    while True:
        try:
            with Pod(SerialTransport(port, baud), hello_attempts=2) as pod:
                if wanted(pod.greeting):
                    return pod.greeting
            last: RetropodError = NoPod(f"the pod on {port} did not restart", "press its reset button")
        except (NoPod, PortBusy) as error:
            last = error
        if time.monotonic() > end:
            raise last
        time.sleep(_PAUSE_S)


def firmware(greeting: wire.Message) -> str:
    """The version that the app says it has."""
    return f"{greeting.firmware_major}.{greeting.firmware_minor}.{greeting.firmware_patch}"


def set_clock(port: str, baud: int, watcher: Watcher) -> None:
    """Tell a pod that has just started what time it is; a pod of another protocol is told by its own host."""
    try:
        with Pod(SerialTransport(port, baud)) as pod:
            synchronise(pod)
    except ProtocolMismatch as error:
        watcher.log(f"clock not set: {error.message}")


def self_test(port: str, baud: int = BAUD) -> list[tuple[str, str, str]]:
    """A short test of a pod that lies still, a second or two: (what, `pass` or `warn` or `fail`, what was found)."""
    with Pod(SerialTransport(port, baud)) as pod:
        status = pod.status()
        return [_samples(status), *(_own_tests(pod) or _by_status(pod.greeting, status))]


def _own_tests(pod: Pod) -> list[tuple[str, str, str]]:
    """The first of the pod's tests of itself; none from an older app, which has no such request."""
    found: list[tuple[str, str, str]] = []
    for one in own_tests(pod):
        if one.verdict == SKIPPED:
            continue
        if one.item in _SHORT or one.verdict == FAIL:
            found.append((one.item, one.verdict, f"{one.words}: {one.mend}" if one.mend else one.words))
        if one.item == _SHORT[-1]:
            break  # those behind it take ten seconds
    return found


def _by_status(greeting: wire.Message, status: wire.Message) -> list[tuple[str, str, str]]:
    free = status.storage_free_kb or 0
    return [
        ("sensor", "fail", "none answers: check its wiring") if greeting.chip == "none"
        else ("sensor", "pass", str(greeting.chip)),
        ("flash", "pass" if free > _LEAST_KB else "warn", f"{free} kB free"),
        ("clock", "pass" if status.clock_state != "unset" else "warn", str(status.clock_state)),
    ]  # fmt: skip


def _samples(status: wire.Message) -> tuple[str, str, str]:
    if not status.samples:
        return "samples", "warn", "none yet"
    verdict = "warn" if status.samples_lost else "pass"
    return "samples", verdict, f"{status.samples} taken, {status.samples_lost} lost"
