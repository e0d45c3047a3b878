"""A pod whose port may go away and come back: a cable that was pulled, a board that lost its power."""

import time
from collections.abc import Callable
from typing import TypeVar

from retropod.client.pod import Pod
from retropod.errors import NoPod, OperationFailed, PortBusy
from retropod.transport.serial import PortGone

_Answer = TypeVar("_Answer")
_PATIENCE_S = 15.0
_AGAIN_S = 0.2


class ReconnectingPod:
    """`pod` is the client of now; use as a context manager, which closes it."""

    def __init__(self, connect: Callable[[], Pod], tell: Callable[[str], None] = lambda text: None) -> None:
        """`connect` opens the port and greets; `tell` is told what a person waits for. Raises what `connect` does."""
        self._connect, self._tell = connect, tell
        try:
            self.pod = connect()
        except PortGone:  # it was there
            self.pod = self._await()

    def __enter__(self) -> "ReconnectingPod":
        return self

    def __exit__(self, *_: object) -> None:
        self.pod.close()

    def retry(self, do: Callable[[Pod], _Answer]) -> _Answer:
        """What `do` returns; done again when the port went away meanwhile and is back."""
        try:
            return do(self.pod)
        except PortGone:
            return do(self.reconnect())

    def reconnect(self) -> Pod:
        """The same pod, as soon as its port is back. Raises NoPod when it stays away, or when another one came."""
        before = self.pod
        before.close()
        self.pod = self._await()
        if self.pod.pod_id != before.pod_id:
            raise NoPod(f"another pod came back: {self.pod.pod_id}, not {before.pod_id}", "plug the first one in again")
        return self.pod

    def _await(self) -> Pod:
        self._tell("the port went away: waiting for it")
        end = time.monotonic() + _PATIENCE_S
        while True:
            time.sleep(_AGAIN_S)
            try:
                return self._connect()
            except (NoPod, PortBusy, OperationFailed):  # no permission: a port that has just come may not be set up yet
                if time.monotonic() > end:
                    raise
