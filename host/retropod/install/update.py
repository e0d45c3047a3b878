"""Update of the app: the new app starts on trial, and the pod falls back to the old app if the trial fails."""

import contextlib
from typing import NamedTuple

from retropod.board import slot_writer, slots
from retropod.board.boardport import BoardPort
from retropod.board.mpremote import ReplBoard
from retropod.board.progress import NullObserver, Observer
from retropod.board.stopped import stopped
from retropod.build import image
from retropod.client.messages import HelloMessage
from retropod.errors import NoPod, OperationFailed, ProtocolMismatch
from retropod.install import post_install
from retropod.install.install import build_and_compare, compile_app, identify
from retrowire import codec, schema

TRIAL_MS = 60_000  # an ESP32 needs a few seconds to start from flash
_CONFIRM_S = 45.0  # after a Hello the new app confirms itself in 2 s, restarts, and takes up to 17 s to answer


class Versions(NamedTuple):
    """The versions of the pod's app and of the app in this tool."""

    pod: str
    here: str
    pod_protocol: str
    here_protocol: str
    same_schema: bool

    @property
    def verdict(self) -> str:
        """Version of the pod relative to this tool: `same`, `older` or `newer`. Another protocol is never `same`."""
        pod = _numbers(self.pod), _numbers(self.pod_protocol)
        here = _numbers(self.here), _numbers(self.here_protocol)
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
        post_install.app_version(greeting),
        ".".join(map(str, image.version())),
        f"{greeting.major}.{greeting.minor}",
        f"{major}.{minor}",
        greeting.major == major and greeting.fingerprint == codec.fingerprint(),
    )


def update(port: BoardPort, observer: Observer | None = None, trial_ms: int = TRIAL_MS) -> Outcome:
    """Install the app of this tool on the pod at `port`. Runs and settings stay.

    Sends only files that the pod does not have. After an error the pod runs its old app again. `trial_ms`: limit for
    the new app to start. Raises OperationFailed if the pod is recording, or if the new app failed and the pod fell
    back; NoPod if the pod does not answer afterwards; and the errors of `install.install`.
    """
    observer = observer or NullObserver()
    observer.step(f"greeting the pod on {port.url}")
    before = _old_version(port)
    board = ReplBoard(port, observer)
    compile_app(observer)
    loaded = _load(board, trial_ms, observer)
    if loaded.changed:
        observer.step("starting the new app on trial")
        hello = _after_trial(board, trial_ms, loaded, before, observer)
    else:
        observer.step("starting the app")
        hello = post_install.wait_for_hello(port)
    post_install.set_clock(port, observer)
    return Outcome(before, post_install.app_version(hello), loaded.changed)


class _Loaded(NamedTuple):
    """The app and the pod before its restart. `changed`: the app is in the other slot, on trial."""

    app: image.BuiltApp
    layout: slots.SlotLayout
    changed: bool


def _old_version(port: BoardPort) -> str:
    """Return the version that the pod runs. Raises OperationFailed if it records: an update would end the run."""
    with port.pod() as pod:
        status = pod.status()
        if status.state == "recording":
            raise OperationFailed(f"the pod is recording run {status.run}", "run `retropod record stop`")
        return post_install.app_version(pod.greeting)


def _load(board: ReplBoard, trial_ms: int, observer: Observer) -> _Loaded:
    """Fill the other slot and choose it for a trial. After a power cut at any instant the old app starts."""
    observer.step("stopping the app and reading the board")
    with stopped(board) as stop:
        info = identify(board)
        layout = slots.read_layout(board)
        stop.keeps_app = True
        if not layout.current and slots.is_identical_outside(board, layout, info.architecture):
            return _Loaded(image.build(info.architecture), layout, False)
        if not layout.current:
            raise OperationFailed(
                f"the flash of the pod on {board.url} has no app to update",
                f"run `retropod --port {board.url} install`, which keeps runs and settings",
            )
        app, running, changed = build_and_compare(board, info, layout, observer)
        if changed:
            _start_trial(board, app, layout, running, trial_ms, observer)
        else:
            slots.confirm_current(board, layout)
            if slot_writer.replace_starters(board, app, layout):
                observer.log("replaced main.py or boot.py")
    return _Loaded(app, layout, changed)


def _start_trial(
    board: ReplBoard,
    app: image.BuiltApp,
    layout: slots.SlotLayout,
    running: dict[str, str],
    trial_ms: int,
    observer: Observer,
) -> None:
    if not layout.words:
        slots.write_choice(board, layout.current)
    slot = slot_writer.fill(board, app, layout, running, observer)
    # An old main.py does not know slots or pack files. A new one starts an old app too.
    slot_writer.replace_starters(board, app, layout)
    slots.write_choice(board, slot, "trial", layout.current, str(trial_ms))


def _after_trial(board: ReplBoard, trial_ms: int, loaded: _Loaded, before: str, observer: Observer) -> HelloMessage:
    """Greet the new app so that it confirms itself, wait for the restart that follows, and return the next Hello."""
    port = board.port
    first = _first_answer(port, trial_ms / 1000 + post_install.START_S)
    observer.progress(0.5)
    hello, confirmed = first, False
    reason = _fallback_reason(port)
    if reason is None:
        with contextlib.suppress(NoPod):
            hello = post_install.wait_for_hello(port, _CONFIRM_S, lambda new: new.boot_count > first.boot_count)
            confirmed = True
        reason = _fallback_reason(port)
    if reason is not None:
        raise _fallback_error(reason, before)
    observer.progress(1.0)
    if confirmed and not loaded.layout.flat:
        return hello
    observer.step("finishing")
    _finish(board, loaded, before)
    return post_install.wait_for_hello(port)


def _first_answer(port: BoardPort, limit_s: float) -> HelloMessage:
    """Return the Hello of the new app, or of the old one after a trial without an answer."""
    try:
        return post_install.wait_for_hello(port, limit_s)
    except NoPod as error:
        raise NoPod(
            f"the new app does not answer: {error.message}",
            f"press the pod's reset button to return to the old app, then run `retropod --port {port.url} doctor`",
        ) from error


def _fallback_reason(port: BoardPort) -> str | None:
    """Return the reason if this boot of the pod fell back to the old app, otherwise None.

    The app that runs after the other one failed stores the fault, with the boot count of that start.
    """
    try:
        with port.pod() as pod:
            boot = pod.greeting.boot_count
            stored = [fault for fault in pod.faults() if fault.code == "start_failed" and fault.boot == boot]
    except ProtocolMismatch as error:
        return error.message  # The app of this tool uses its protocol, so this is the old app.
    except (NoPod, OperationFailed):
        return None
    return str(stored[-1].text) if stored else None


def _fallback_error(reason: str, before: str) -> OperationFailed:
    return OperationFailed(
        f"the new app did not start ({reason}); the pod went back to {before}, which runs again",
        "report this with the output of `retropod info`; runs and settings are unchanged",
    )


def _finish(board: ReplBoard, loaded: _Loaded, before: str) -> None:
    """Check over the prompt that the pod keeps the new app, and remove an app next to main.py."""
    with stopped(board):
        layout = slots.read_layout(board)
        if not slots.has_manifest(layout, loaded.app):
            raise _fallback_error(" ".join(layout.words[3:]) or "it did not settle", before)
        if loaded.layout.flat:
            slots.remove_flat_app(board)
