"""Greeting a board that is starting: ports may vanish and come back, and the app takes a moment."""

import time
from collections.abc import Callable

from retropod import wire
from retropod.errors import NoPod, PortBusy, ProtocolMismatch, RetropodError
from retropod.install.steps import Watcher
from retropod.pod import Pod
from retropod.timesync import synchronise
from retropod.transport.serial import BAUD, SerialTransport

_PAUSE_S = 0.3


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
    """A short test of a pod: (what, `pass` or `warn` or `fail`, what was found)."""
    with Pod(SerialTransport(port, baud)) as pod:
        status, faults = pod.status(), pod.faults()
        greeting = pod.greeting
    recent = [fault for fault in faults if fault.boot == greeting.boot_count]
    free = status.storage_free_kb or 0
    return [
        _sensor(greeting),
        _samples(status),
        ("storage", "pass" if free > 64 else "warn", f"{free} kB free"),
        ("clock", "pass" if status.clock_state != "unset" else "warn", str(status.clock_state)),
        *(("fault", "warn", f"{fault.code} {fault.text}".strip()) for fault in recent),
    ]


def _sensor(greeting: wire.Message) -> tuple[str, str, str]:
    if greeting.chip == "none":
        return "sensor", "fail", "none answers: check its wiring"
    return "sensor", "pass", str(greeting.chip)


def _samples(status: wire.Message) -> tuple[str, str, str]:
    if not status.samples:
        return "samples", "warn", "none yet"
    verdict = "warn" if status.samples_lost else "pass"
    return "samples", verdict, f"{status.samples} taken, {status.samples_lost} lost"
