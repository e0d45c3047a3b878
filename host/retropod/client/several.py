"""Selection of several pods, by name, device id, foot or port."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from retropod.client.discover import ASLEEP, candidates, no_pod, opened
from retropod.client.pod import Pod, describe
from retropod.client.reconnect import PATIENCE_S, ReconnectingPod, same_pod
from retropod.client.refusals import AtPrompt
from retropod.errors import NoPod, OperationFailed, PortBusy, RetropodError, UsageError
from retropod.transport.ports import PortInfo
from retropod.transport.serial import SerialTransport
from retropod.wording import count

ALL = "all"
_ATTEMPTS = 3  # 2.5 s for a port; the search repeats
_ASKED = 3
_PORT = re.compile(r"/|:|^com\d+$", re.IGNORECASE)
_LIST = "run `retropod list` to see names, feet and ports"


class SelectedPod(NamedTuple):
    """A selected pod, connected, or the error of its port."""

    url: str
    pod: Pod | None
    error: RetropodError | None = None

    @property
    def label(self) -> str:
        """Foot, name and id of the pod, or its port."""
        if self.pod is None:
            return self.url
        side = self.pod.greeting.side
        return describe(self.pod.greeting) if side == "unknown" else f"{side} {describe(self.pod.greeting)}"

    @property
    def connected(self) -> Pod:
        """The connected pod. Raises the error of the port."""
        if self.pod is None:
            raise self.error or NoPod(f"no pod at {self.url}", _LIST)
        return self.pod

    def reconnecting(
        self, baud: int, patience_s: float = PATIENCE_S, tell: Callable[[str], None] = lambda text: None
    ) -> ReconnectingPod:
        """Return the pod with automatic reconnection, also at another port. See `ReconnectingPod`."""
        first, again = [self.connected], Search(self.url, self.connected.pod_id, baud)
        return ReconnectingPod(lambda: first.pop() if first else again.pod(), tell, patience_s)


class Search:
    """Search for a pod whose port went away. Its ports may be exchanged with those of other pods: a hub came back."""

    def __init__(self, url: str, pod_id: str, baud: int) -> None:
        self._url, self._pod_id, self._baud = url, pod_id, baud
        self._asked: dict[str, int] = {}

    def pod(self) -> Pod:
        """Return the pod, from its earlier port or a candidate. Raises the error of the earlier port.

        Another port is asked up to three times after it appeared: each opening may reset its board.
        """
        others = [one.device for one in candidates() if one.device != self._url]
        self._asked = {url: number for url, number in self._asked.items() if url in others}
        try:
            return self._at(self._url)
        except (NoPod, PortBusy, OperationFailed):
            for url in others:
                if self._asked.get(url, 0) < _ASKED:
                    with suppress(RetropodError):
                        return self._other(url)
            raise

    def _other(self, url: str) -> Pod:
        try:
            return self._at(url)
        except PortBusy:  # Its pod may be about to leave it.
            raise
        except RetropodError:
            self._asked[url] = self._asked.get(url, 0) + 1
            raise

    def _at(self, url: str) -> Pod:
        return same_pod(Pod(SerialTransport(url, self._baud), _ATTEMPTS), self._pod_id)


def select(wanted: str, baud: int) -> list[SelectedPod]:
    """Connect to the selected pods, left foot first. `wanted`: `all`, or names, ids, feet and ports with commas.

    The candidates are asked in parallel, and those that are not selected are closed. A busy port among the selected
    ones is a result with its error. Raises UsageError for an empty selection and NoPod for a pod that does not answer
    or that is not unique.
    """
    words = [word.strip() for word in wanted.split(",") if word.strip()]
    if not words or (ALL in words and len(words) > 1):
        cause = "combines `all` with other pods" if words else "selects no pods"
        raise UsageError(f"--pods {wanted!r} {cause}", "give `all`, or names, feet or ports with commas")
    named = [word for word in words if _PORT.search(word)]
    found = _asked(named, only=len(named) == len(words), baud=baud)
    try:
        chosen = _all(found) if words == [ALL] else _each(words, found)
    except BaseException:
        _close(found)
        raise
    _close([one for one in found if one not in chosen])
    return sorted(chosen, key=lambda one: _order(one.pod))


def _order(pod: Pod | None) -> int:
    return ("left", "right").index(str(pod.greeting.side)) if pod and pod.greeting.side in ("left", "right") else 2


def _asked(named: Sequence[str], only: bool, baud: int) -> list[SelectedPod]:
    """Ask the named ports, and the candidates unless `only`, in parallel."""
    known = [] if only else candidates()
    devices = {port.device for port in known}
    asked = [*known, *(PortInfo(url, "", "") for url in dict.fromkeys(named) if url not in devices)]
    answers = opened(asked, baud)
    return [
        SelectedPod(port.device, *((answer, None) if isinstance(answer, Pod) else (None, answer)))
        for port, answer in zip(asked, answers, strict=True)
    ]


def _close(found: Sequence[SelectedPod]) -> None:
    for one in found:
        if one.pod:
            one.pod.close()


def _all(found: Sequence[SelectedPod]) -> list[SelectedPod]:
    """Return the pods that answer, and the ports that another program uses or at which an app is stopped."""
    chosen = [one for one in found if one.pod or isinstance(one.error, PortBusy | AtPrompt)]
    if not any(one.pod for one in chosen):
        raise no_pod([one.error for one in found if one.error])
    return chosen


def _each(words: Sequence[str], found: Sequence[SelectedPod]) -> list[SelectedPod]:
    chosen: list[SelectedPod] = []
    for word in words:
        one = _only(word, found)
        if one not in chosen:
            chosen.append(one)
    if not any(one.pod for one in chosen):
        raise next(one.error for one in chosen if one.error)
    return chosen


def _only(word: str, found: Sequence[SelectedPod]) -> SelectedPod:
    """Return the pod that a word means. Raises NoPod unless it is exactly one."""
    meant = [one for one in found if _means(word, one)]
    if len(meant) == 1:
        return meant[0]
    pods = [one for one in meant or found if one.pod]
    listed = ", ".join(f"{one.label} at {one.url}" for one in pods) or "none"
    if meant:
        raise NoPod(f"{len(meant)} pods are called {word}: {listed}", "give the device id or the port of one of them")
    busy = [one.url for one in found if isinstance(one.error, PortBusy)]
    others = f"; in use by another program: {', '.join(busy)}" if busy else ""
    raise NoPod(f"no pod is called {word}; {count(len(pods), 'pod')} found: {listed}{others}", f"{_LIST}; {ASLEEP}")


def _means(word: str, one: SelectedPod) -> bool:
    if word == one.url:
        return True
    if one.pod is None:
        return False
    hello = one.pod.greeting
    names = (hello.name, hello.device_id, str(hello.side) if hello.side != "unknown" else "")
    return word.lower() in [name.lower() for name in names if name]
