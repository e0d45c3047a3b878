"""Update the app: the new one starts on trial, and the old one comes back by itself if it does not settle."""

import contextlib
from typing import NamedTuple

from retropod import wire
from retropod.errors import NoPod, OperationFailed, RetropodError
from retropod.install import greet, image, slots
from retropod.install.app import START, identify
from retropod.install.mpremote import Board
from retropod.install.steps import Nobody, Watcher
from retropod.pod import Pod
from retropod.transport.serial import BAUD, SerialTransport
from retrowire import codec, schema

TRIAL_MS = 60_000  # an ESP32 that starts from flash needs a few seconds
_START_S = 30.0
_SETTLE_S = 15.0  # an app that was greeted settles after two seconds and restarts


class Versions(NamedTuple):
    """What the pod runs and what this tool carries."""

    pod: str
    here: str
    pod_protocol: str
    here_protocol: str
    same_schema: bool

    @property
    def verdict(self) -> str:
        """`same`, `older` (the pod is), `newer`, as its version says; another schema is never `same`."""
        pod, here = _numbers(self.pod), _numbers(self.here)
        if pod == here:
            return "same" if self.same_schema else "older"
        return "older" if pod < here else "newer"


class Outcome(NamedTuple):
    """What an update did: versions before and after; `changed` is False when the pod had this very app."""

    before: str
    after: str
    changed: bool


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def compare(greeting: wire.Message) -> Versions:
    """The pod's versions beside this tool's."""
    major, minor = schema.PROTOCOL_MAJOR, schema.PROTOCOL_MINOR
    return Versions(
        greet.firmware(greeting),
        ".".join(map(str, image.version())),
        f"{greeting.major}.{greeting.minor}",
        f"{major}.{minor}",
        greeting.major == major and greeting.fingerprint == codec.fingerprint(),
    )


def update(port: str, baud: int = BAUD, watcher: Watcher | None = None, trial_ms: int = TRIAL_MS) -> Outcome:
    """Give the pod at `port` the app that this tool carries; runs and settings stay.

    Raises OperationFailed when the new app did not settle: the pod runs the old one again then.
    """
    watcher = watcher or Nobody()
    watcher.step(f"greeting the pod on {port}")
    before = _old_version(port, baud)
    board = Board(port, watcher)
    info = identify(board)
    watcher.step(f"compiling the app for {info.architecture}")
    app = image.build(info.architecture)
    layout = slots.look(board, ("resume",))
    if not layout.current:
        raise OperationFailed(f"there is no app on {port} to update", f"retropod --port {port} flash")
    changed = not slots.is_same(layout, app)
    if changed:
        _try(board, app, layout, trial_ms, watcher)
        _await_trial(port, baud, trial_ms, watcher)
        _finish(board, app, layout, before, watcher)
    board.run(("resume",), START)
    after = greet.hello(port, _START_S, baud)
    greet.set_clock(port, baud, watcher)
    return Outcome(before, greet.firmware(after), changed)


def _old_version(port: str, baud: int) -> str:
    """What the pod runs now. Raises OperationFailed while it records: an update would end the run."""
    with Pod(SerialTransport(port, baud)) as pod:
        status = pod.status()
        if status.state == "recording":
            raise OperationFailed(f"the pod records run {status.run}", "retropod record stop")
        return greet.firmware(pod.greeting)


def _try(board: Board, app: image.App, layout: slots.Layout, trial_ms: int, watcher: Watcher) -> None:
    """Fill the other slot and start it on trial. Whenever this is cut off, what ran before starts."""
    if not layout.words:
        slots.choose(board, layout.current)
    slot = slots.fill(board, app, layout, watcher)
    if layout.current == slots.BESIDE_MAIN:
        slots.replace_starters(board, app)  # the main.py of that time knows no slots
    slots.choose(board, slot, "trial", layout.current, str(trial_ms))
    watcher.step("starting the new app on trial")
    board.run(("resume",), START)


def _await_trial(port: str, baud: int, trial_ms: int, watcher: Watcher) -> None:
    """Greet, so that the new app may settle, and wait for the restart that ends a trial either way."""
    limit_s = trial_ms / 1000 + _START_S
    try:
        first = greet.hello(port, limit_s, baud)
    except RetropodError as error:
        raise NoPod(
            f"the new app does not answer ({error.message})",
            "press the pod's reset button: it goes back to the app before by itself",
        ) from error
    watcher.progress(0.5)
    with contextlib.suppress(NoPod):  # what does not restart is the app of before: main.py went back at once
        greet.hello(port, _SETTLE_S, baud, lambda hello: hello.boot_count > first.boot_count)
    watcher.progress(1.0)


def _finish(board: Board, app: image.App, layout: slots.Layout, before: str, watcher: Watcher) -> None:
    """Make sure that the new app is the one that stays, and tidy up after the old."""
    watcher.step("making sure of it")
    now = slots.look(board)
    if not slots.is_same(now, app):
        board.run(("resume",), START)
        why = _why(board.port) or "no reason was kept"
        raise OperationFailed(
            f"the new app did not start ({why}); the pod went back to {before}",
            "nothing is lost: report it with the output of `retropod info`",
        )
    if now.main != app.starters[-1].sha256:
        slots.replace_starters(board, app)
    if layout.beside:
        slots.tidy(board)


def _why(port: str) -> str:
    """What the pod noted when it went back."""
    greet.hello(port, _START_S)
    with contextlib.suppress(RetropodError), Pod(SerialTransport(port)) as pod:
        for fault in reversed(pod.faults()):
            if fault.code in ("start_failed", "exception"):
                return str(fault.text)
    return ""
