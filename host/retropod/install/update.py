"""Update the app: the new one starts on trial, and the pod goes back to the old one if it does not settle."""

import contextlib
from typing import NamedTuple

from retropod.board import slots
from retropod.board.mpremote import ReplBoard
from retropod.board.steps import Nobody, Watcher
from retropod.board.stopped import stopped
from retropod.build import image
from retropod.client.messages import HelloMessage
from retropod.client.pod import Pod
from retropod.errors import NoPod, OperationFailed, ProtocolMismatch
from retropod.install import post_install
from retropod.install.install import build_and_compare, identify
from retropod.transport.serial import BAUD, SerialTransport
from retrowire import codec, schema

TRIAL_MS = 60_000  # an ESP32 that starts from flash needs a few seconds
_SETTLE_S = 45.0  # an app that was greeted settles after two seconds, restarts, and takes up to 17 s to answer


class Versions(NamedTuple):
    """The versions of the pod's app and of the app that this tool carries."""

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
    """The result of an update: versions before and after. `changed` is False if the pod had this app already."""

    before: str
    after: str
    changed: bool


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def compare(greeting: HelloMessage) -> Versions:
    """Return the pod's versions and this tool's."""
    major, minor = schema.PROTOCOL_MAJOR, schema.PROTOCOL_MINOR
    return Versions(
        post_install.firmware(greeting),
        ".".join(map(str, image.version())),
        f"{greeting.major}.{greeting.minor}",
        f"{major}.{minor}",
        greeting.major == major and greeting.fingerprint == codec.fingerprint(),
    )


def update(port: str, baud: int = BAUD, watcher: Watcher | None = None, trial_ms: int = TRIAL_MS) -> Outcome:
    """Give the pod at `port` the app of this tool. Runs and settings stay.

    Sends only files that the pod does not hold. After an error the pod runs its old app again. Raises OperationFailed
    if the pod records, or if the new app did not settle and the pod went back; NoPod if the pod does not answer
    afterwards; and the errors of `app.install`.
    """
    watcher = watcher or Nobody()
    watcher.step(f"greeting the pod on {port}")
    before = _old_version(port, baud)
    board = ReplBoard(port, watcher)
    watcher.step("preparing the app")
    image.app_sources()  # the longest part of a build, and a source that is not valid does not stop the pod's app
    loaded = _load(board, trial_ms, watcher)
    if loaded.changed:
        watcher.step("starting the new app on trial")
        hello = _after_trial(board, baud, trial_ms, loaded, before, watcher)
    else:
        watcher.step("starting the app")
        hello = post_install.wait_for_hello(port, post_install.START_S, baud)
    post_install.set_clock(port, baud, watcher)
    return Outcome(before, post_install.firmware(hello), loaded.changed)


class _Loaded(NamedTuple):
    """The app and the pod before its restart. `changed`: the app is in the other slot, on trial."""

    app: image.App
    layout: slots.Layout
    changed: bool


def _old_version(port: str, baud: int) -> str:
    """Return the version that the pod runs. Raises OperationFailed if it records: an update would end the run."""
    with Pod(SerialTransport(port, baud)) as pod:
        status = pod.status()
        if status.state == "recording":
            raise OperationFailed(f"the pod records run {status.run}", "retropod record stop")
        return post_install.firmware(pod.greeting)


def _load(board: ReplBoard, trial_ms: int, watcher: Watcher) -> _Loaded:
    """Fill the other slot and choose it for a trial. A power cut at any instant leaves the old app to start."""
    watcher.step("stopping the app and reading the board")
    with stopped(board) as stop:
        info = identify(board)
        layout = slots.look(board)
        stop.app_before = True
        if not layout.current:
            raise OperationFailed(
                f"the flash of the pod on {board.port} holds no app to update",
                f"retropod --port {board.port} install puts one there and keeps runs and settings",
            )
        app, running, changed = build_and_compare(board, info, layout, watcher)
        if changed:
            _try(board, app, layout, running, trial_ms, watcher)
        else:
            slots.settle(board, layout)
            if slots.replace_starters(board, app, layout):
                watcher.log("replaced main.py or boot.py")
    return _Loaded(app, layout, changed)


def _try(
    board: ReplBoard, app: image.App, layout: slots.Layout, running: dict[str, str], trial_ms: int, watcher: Watcher
) -> None:
    if not layout.words:
        slots.choose(board, layout.current)
    slot = slots.fill(board, app, layout, running, watcher)
    # An old main.py does not know slots or pack files. A new one starts an old app too.
    slots.replace_starters(board, app, layout)
    slots.choose(board, slot, "trial", layout.current, str(trial_ms))


def _after_trial(
    board: ReplBoard, baud: int, trial_ms: int, loaded: _Loaded, before: str, watcher: Watcher
) -> HelloMessage:
    """Greet the new app so that it settles, wait for the restart that follows, and return the Hello after it."""
    first = _first_answer(board.port, trial_ms / 1000 + post_install.START_S, baud)
    watcher.progress(0.5)
    hello, settled = first, False
    why = _went_back(board.port, baud)
    if why is None:
        with contextlib.suppress(NoPod):
            hello = post_install.wait_for_hello(
                board.port, _SETTLE_S, baud, lambda new: new.boot_count > first.boot_count
            )
            settled = True
        why = _went_back(board.port, baud)
    if why is not None:
        raise _fell_back(why, before)
    watcher.progress(1.0)
    if settled and not loaded.layout.beside:
        return hello
    watcher.step("finishing")
    _finish(board, loaded, before)
    return post_install.wait_for_hello(board.port, post_install.START_S, baud)


def _first_answer(port: str, limit_s: float, baud: int) -> HelloMessage:
    """Return the Hello of the new app, or of the old one after a trial without an answer."""
    try:
        return post_install.wait_for_hello(port, limit_s, baud)
    except NoPod as error:
        raise NoPod(
            f"the new app does not answer: {error.message}",
            f"press the pod's reset button: it goes back to the old app; then: retropod --port {port} doctor",
        ) from error


def _went_back(port: str, baud: int) -> str | None:
    """Return the reason if this start of the pod went back to the old app, otherwise None.

    The fault is noted by the app that runs after the other one failed, with the boot count of that start.
    """
    try:
        with Pod(SerialTransport(port, baud)) as pod:
            boot = pod.greeting.boot_count
            noted = [fault for fault in pod.faults() if fault.code == "start_failed" and fault.boot == boot]
    except ProtocolMismatch as error:
        return error.message  # the app of this tool speaks its protocol: an app that does not is the old one
    except (NoPod, OperationFailed):
        return None
    return str(noted[-1].text) if noted else None


def _fell_back(why: str, before: str) -> OperationFailed:
    return OperationFailed(
        f"the new app did not start ({why}); the pod went back to {before}, which runs again",
        "nothing is lost: report it with the output of `retropod info`",
    )


def _finish(board: ReplBoard, loaded: _Loaded, before: str) -> None:
    """Check over the prompt that the new app stays, and remove an app next to main.py."""
    with stopped(board):
        now = slots.look(board)
        if not slots.is_same(now, loaded.app):
            raise _fell_back(" ".join(now.words[3:]) or "it did not settle", before)
        if loaded.layout.beside:
            slots.tidy(board)
