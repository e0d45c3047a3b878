"""Requests to the pod during a live session: laps, recording, and its state every 5 s, in a thread of their own."""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Protocol

from retropod.client.messages import StatusMessage
from retropod.client.pod import Pod
from retropod.client.refusals import PodRefused
from retropod.errors import RetropodError

_EVERY_S = 5.0


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

    def __init__(self, pod: Callable[[], Pod | None]) -> None:
        """`pod` returns the connected pod, None while its port is away."""
        self.status: StatusMessage | None = None
        self.message = ""
        self._pod = pod
        self._keys: SimpleQueue[str | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="retropod-control", daemon=True)

    def __enter__(self) -> "PodControl":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._keys.put(None)
        self._thread.join(1.0)

    def press(self, key: str) -> None:
        """Execute `l` (lap) or `r` (start or stop a recording) soon. Ignore other keys."""
        if key in _ACTIONS:
            self._keys.put(key)

    def _run(self) -> None:
        key: str | None = ""
        while key is not None:
            self._execute(key)
            try:
                key = self._keys.get(timeout=_EVERY_S)
            except Empty:
                key = ""

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
