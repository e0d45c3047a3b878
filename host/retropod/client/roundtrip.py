"""Time-outs of requests: they adapt to the measured round trip and grow with each repeat.

Ref: RFC 6298, "Computing TCP's Retransmission Timer"; Karn and Partridge, "Improving Round-Trip Time Estimates in
Reliable Transport Protocols" (1987).
"""

import time
from collections.abc import Iterator
from typing import NamedTuple

FIRST_S = 1.0  # first wait while no round trip is measured: a pod can be busy with its flash for 0.5 to 1 s
LEAST_S = 0.4  # floor of a wait: a pod with a median of 60 ms answers 99 % of requests within 250 ms
MOST_S = 4.0  # limit of one wait: a link with 1 s of latency each way needs 2 s
TOTAL_S = 8.0  # limit of all waits of one request together: a pod that resets answers again after 3 s

_SMOOTHING, _SPREAD_SMOOTHING, _SPREADS = 1 / 8, 1 / 4, 4.0  # alpha, beta and K of RFC 6298


class Patience(NamedTuple):
    """How long to wait for the answer to one request. The default fits every request that the pod answers at once.

    `total_s` limits all waits together. `work_s` is the time that the pod needs before it answers: it is added to
    each wait, and such an answer does not measure the round trip. `first_s` replaces the measured wait, `most_s`
    limits each wait, `attempts` limits how often the request is sent.
    """

    total_s: float = TOTAL_S
    work_s: float = 0.0
    first_s: float | None = None
    most_s: float = MOST_S
    attempts: int | None = None

    def until(self, end: float) -> "Patience":
        """Return the same with a limit of all waits at `end` of the monotonic clock, but of one wait at least."""
        return self._replace(total_s=min(self.total_s, max(end - time.monotonic(), LEAST_S)))

    def waits(self, measured_s: float) -> Iterator[float]:
        """Yield how long to wait after each sending, in s: doubled each time, up to the limits."""
        wait_s = min(measured_s if self.first_s is None else self.first_s, self.most_s)
        left_s, sent = self.total_s + self.work_s, 0
        while left_s > 0 and (self.attempts is None or sent < self.attempts):
            now_s = min(wait_s + self.work_s, left_s)
            yield now_s
            left_s -= now_s
            sent += 1
            wait_s = min(2 * wait_s, self.most_s)


class RoundTrip:
    """The round trip of one connection: smoothed, with its spread. `wait_s` is the first wait for an answer.

    `shortest_s` is the shortest one, 0 if none has been measured.
    """

    def __init__(self) -> None:
        self.shortest_s = 0.0
        self._smoothed_s: float | None = None
        self._spread_s = 0.0
        self._backed_off_s = 0.0

    @property
    def wait_s(self) -> float:
        """Return how long an answer may take before the request is repeated, in s."""
        if self._backed_off_s:
            return self._backed_off_s
        if self._smoothed_s is None:
            return FIRST_S
        return min(max(self._smoothed_s + _SPREADS * self._spread_s, LEAST_S), MOST_S)

    def answered(self, wait_s: float, took_s: float | None) -> None:
        """Record an answer within a wait of `wait_s`. `took_s` is its round trip in s, None after a repeat.

        Karn's rule: after a repeat the answer may belong to any attempt, so its time is not a measurement. The wait in
        which it arrived applies until the next measurement.
        """
        if took_s is None:
            self._backed_off_s = min(wait_s, MOST_S)
            return
        self._backed_off_s = 0.0
        self.shortest_s = min(took_s, self.shortest_s or took_s)
        if self._smoothed_s is None:
            self._smoothed_s, self._spread_s = took_s, took_s / 2
            return
        self._spread_s += _SPREAD_SMOOTHING * (abs(took_s - self._smoothed_s) - self._spread_s)
        self._smoothed_s += _SMOOTHING * (took_s - self._smoothed_s)
