"""Requests to the pod during a live session: laps, recording, and its state every 5 s, in a thread of their own."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import Protocol

from retropod.client.messages import StatusMessage
from retropod.client.pod import Pod
from retropod.client.refusals import PodRefused
from retropod.errors import RetropodError

_EVERY_S = 5.0
_KEYS = 8  # that wait: more than a user presses in a second
_OLD_S = 1.0  # a lap that is executed later has a wrong time
UNHEARD = "the pod did not answer in time: the key has no effect"


class Control(Protocol):
    """Keys and state of one or several pods: `PodControl`, `SharedControl`. `message` is the result of the last key."""

    @property
    def message(self) -> str: ...
    @property
    def status(self) -> StatusMessage | None: ...
    def press(self, key: str) -> None: ...


class PodControl:
    """Executes keys and reads the state. Use it as a context manager.

    `status`: the last state, None while it is unknown. `message`: result of the last key.
    """

    def __init__(self, pod: Callable[[], Pod | None], clock: Callable[[], float] = time.monotonic) -> None:
        """`pod` returns the connected pod, None while its port is away. `clock`: monotonic, in s."""
        self.status: StatusMessage | None = None
        self.message = ""
        self._pod, self._clock = pod, clock
        self._keys: Queue[tuple[str, float]] = Queue(_KEYS)
        self._left = False
        self._thread = threading.Thread(target=self._run, name="retropod-control", daemon=True)

    def __enter__(self) -> "PodControl":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left = True
        self._put("")  # wakes the thread
        self._thread.join(1.0)

    def press(self, key: str) -> None:
        """Execute `l` (lap) or `r` (start or stop a recording) within 1 s or not at all. Ignore other keys."""
        if key in _ACTIONS:
            self.message = ""  # The same result is shown again.
            if not self._put(key):
                self.message = UNHEARD

    def _put(self, key: str) -> bool:
        with suppress(Full):
            self._keys.put_nowait((key, self._clock()))
            return True
        return False

    def _run(self) -> None:
        key = ""
        while not self._left:
            self._execute(key)
            key = self._key()

    def _key(self) -> str:
        """Return the next key, empty if none is pressed for 5 s. Drop a key that waited for the pod."""
        try:
            key, at_s = self._keys.get(timeout=_EVERY_S)
        except Empty:
            return ""
        if key and self._clock() - at_s > _OLD_S:
            self.message = UNHEARD
            return ""
        return key

    def _execute(self, key: str) -> None:
        pod = self._pod()
        if pod is None:
            self.status, self.message = None, "not connected: the key has no effect" if key else self.message
            return
        try:
            if key:
                self.message = _ACTIONS[key](pod)
            self.status = pod.status()
        except RetropodError as error:
            self.status = None
            if key:
                self.message = error.message


def _lap(pod: Pod) -> str:
    try:
        return f"lap in run {pod.record('lap')}"
    except PodRefused as refusal:
        if refusal.code != "not_recording":
            raise
        return "no run is open: press r to record"


def _record(pod: Pod) -> str:
    if pod.status().run:
        return f"run {pod.record('stop')} is closed"
    return f"recording run {pod.record('start', 'strides')}"


_ACTIONS: dict[str, Callable[[Pod], str]] = {"l": _lap, "r": _record}
