"""Connection to a pod that reopens a port that went away: a pulled cable, a board that lost its power."""

import time
from collections.abc import Callable
from typing import TypeVar

from retropod.client.pod import Pod
from retropod.errors import NoPod, OperationFailed, PortBusy
from retropod.transport.serial import PortGone

_Answer = TypeVar("_Answer")
PATIENCE_S = 15.0
_AGAIN_S = 0.2


class ReconnectingPod:
    """A pod with automatic reconnection. `pod` is the current client. Leaving the context manager closes it."""

    def __init__(
        self,
        connect: Callable[[], Pod],
        tell: Callable[[str], None] = lambda text: None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """`connect` opens the port and greets. `tell` receives progress texts for the user. Raises as `connect`.

        `patience_s`: how long the port may stay away, in s.
        """
        self._connect, self._tell, self._patience_s = connect, tell, patience_s
        try:
            self.pod = connect()
        except PortGone:  # the port existed a moment ago
            self.pod = self._await()

    def __enter__(self) -> "ReconnectingPod":
        return self

    def __exit__(self, *_: object) -> None:
        self.pod.close()

    def retry(self, do: Callable[[Pod], _Answer]) -> _Answer:
        """Return the result of `do`. Reconnect and call it once more if the port goes away during the call."""
        try:
            return do(self.pod)
        except PortGone:
            return do(self.reconnect())

    def reconnect(self) -> Pod:
        """Return the same pod as soon as its port is back. Ignore other pods. Raises NoPod if it stays away."""
        self.pod.close()
        self.pod = self._await(self.pod.pod_id)
        return self.pod

    def _await(self, pod_id: str | None = None) -> Pod:
        self._tell("the port went away; waiting for it")
        end = time.monotonic() + self._patience_s
        while True:
            time.sleep(_AGAIN_S)
            try:
                return same_pod(self._connect(), pod_id)
            except (NoPod, PortBusy, OperationFailed):  # a new port may lack its permissions at first
                if time.monotonic() > end:
                    raise


def same_pod(pod: Pod, pod_id: str | None) -> Pod:
    """Return the pod. Close it and raise NoPod if it has another id than `pod_id`; None accepts each."""
    if pod_id in (None, pod.pod_id):
        return pod
    pod.close()
    raise NoPod(f"another pod answers: {pod.pod_id} instead of {pod_id}", "plug in the first pod")
