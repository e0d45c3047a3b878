"""Order of the strides of several pods by the time of this computer."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

Payload = TypeVar("Payload")
HELD_S = 0.5  # longest time for which a stride waits for an earlier one: a step of slow walking


class _Held(NamedTuple, Generic[Payload]):
    payload: Payload
    end_s: float | None
    since_s: float


class Interleaver(Generic[Payload]):
    """Releases the items of several pods. A stride waits only while another pod owes an earlier one.

    A pod owes a stride when one stride time has passed since its last one. If it does not deliver within 0.5 s, it
    stands, or its link is slow: then the stride is released without it. After that the pod owes nothing until its next
    stride, so a silent pod delays one stride of the others.
    """

    def __init__(self, pods: int, clock: Callable[[], float] = time.monotonic, held_s: float = HELD_S) -> None:
        """`clock`: monotonic clock in s. `held_s`: longest wait of a stride, in s."""
        self._clock, self._held_s = clock, held_s
        self._queues: Sequence[deque[_Held[Payload]]] = [deque() for _ in range(pods)]
        self._due_s: list[float | None] = [None] * pods  # wall time at which the next stride of a pod is expected

    def put(self, pod: int, payload: Payload, end_s: float | None = None, cycle_s: float | None = None) -> None:
        """Add an item of a pod. `end_s`: wall time of the end of a stride, in s; None: keep only the order of its pod.

        `cycle_s`: stride time, in s, after which the next stride is expected. None: expect none.
        """
        self._queues[pod].append(_Held(payload, end_s, self._clock()))
        if end_s is not None:
            self._due_s[pod] = None if cycle_s is None else end_s + cycle_s

    def leave(self, pod: int) -> None:
        """Expect nothing more of a pod, because it is disconnected, until its next stride."""
        self._due_s[pod] = None

    def take(self) -> tuple[int, Payload] | None:
        """Return the number of the next pod and its item, None if no item may be released yet."""
        heads = [(queue[0], pod) for pod, queue in enumerate(self._queues) if queue]
        untimed = [pod for head, pod in heads if head.end_s is None]
        timed = sorted((head.end_s, pod) for head, pod in heads if head.end_s is not None)
        pods = [*untimed, *(pod for _, pod in timed)][:1]
        if not pods or not (untimed or self._released(pods[0])):
            return None
        return pods[0], self._queues[pods[0]].popleft().payload

    def _released(self, pod: int) -> bool:
        """Return whether the first stride of a pod waits for no other pod. It is the earliest of all first strides."""
        head = self._queues[pod][0]
        owing = [other for other, queue in enumerate(self._queues) if not queue and self._owes(other, head.end_s)]
        if not owing:
            return True
        if self._clock() - head.since_s < self._held_s:
            return False
        for other in owing:
            self._due_s[other] = None
        return True

    def _owes(self, pod: int, end_s: float | None) -> bool:
        due_s = self._due_s[pod]
        return due_s is not None and end_s is not None and due_s < end_s
