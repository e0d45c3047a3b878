"""Time exchanges: as few as give the error, and no more where more do not help."""

from dataclasses import replace
from typing import Any

import pytest

from host.tinypod import TinyPod
from retropod.client.pod import Pod
from retropod.client.timesync import Clocks, synchronise
from retrowire import schema


class Trips:
    """Clocks that advance by the next of `took_s` with each request."""

    def __init__(self, took_s: list[float]) -> None:
        self.now_s = 0.0
        self.left_s = list(took_s)
        self.clocks = Clocks(lambda: 1_800_000_000.0 + self.now_s, lambda: self.now_s)

    def pod(self, fake: TinyPod) -> Pod:
        pod = Pod(fake)
        bare = pod.set_time

        def timed(*values: Any) -> Any:
            answer = bare(*values)
            self.now_s += self.left_s.pop(0) if self.left_s else 0.0
            return replace(answer, uptime_s=int(self.now_s), uptime_ms=self.now_s % 1)

        pod.set_time = timed
        return pod


@pytest.mark.parametrize(
    ("took_s", "exact", "exchanges"),
    [
        ([0.003] * 9, False, 1),  # good enough at once
        ([0.003] * 9, True, 3),  # two more trips do not reduce the error
        ([0.06] * 9, False, 3),  # a pod on a UART: more trips of the same length do not help
        ([0.06, 0.03, 0.01, 0.003], False, 4),  # each trip is shorter than the previous one
        ([0.3, 0.06, 0.06, 0.06, 0.06], False, 4),
        ([0.5 * 0.8**k for k in range(20)], False, 8),  # limit
    ],
)
def test_exchanges_end_when_more_do_not_help(took_s, exact, exchanges):
    fake, trips = TinyPod(), Trips(took_s)
    with trips.pod(fake) as pod:
        synced = synchronise(pod, exact, trips.clocks)
    asked = [values for message, values in fake.asked if message == schema.TIME_SET]
    assert len(asked) == exchanges + 1, "and one that sets the clock"
    assert synced.round_trip_s == pytest.approx(min(took_s[:exchanges]))
    assert synced.error_s <= min(took_s[:exchanges]) / 2 + 0.0021
