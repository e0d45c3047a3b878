"""A sensor whose oscillator jumps during a walk: reported once, measured, followed; strides keep their times."""

import statistics
from collections.abc import Callable
from typing import Any

from firmware.podlife import IDENTITY, client
from retropod.virtual.pod import VirtualPod
from retropod.virtual.source import Source

SPEED = 6.0
ERROR = 0.1


def test_strides_keep_their_times(virtual: Callable[..., VirtualPod], walk: Source) -> None:
    pod = virtual(walk, hold=True, speed=SPEED)
    strides: list[Any] = []
    with client(pod) as host:
        host.mount("given", IDENTITY)
        with host.stream("strides", lease_s=600) as stream:
            pod.go()
            jumped_s = None
            while host.status().uptime_s < 34:
                item = stream.next(0.5)
                if getattr(item, "type", "") == "stride":
                    strides.append(item)
                    if jumped_s is None and item.uptime_s > 15:
                        pod.inject("oscillator", error=ERROR)
                        jumped_s = item.seconds("uptime") + item.period
        assert [fault.code for fault in host.faults()] == ["sensor_rate"]
        status = host.status()
        assert status.samples_lost == 0
        assert abs(status.rate_mhz / (416.6875 * (1 + ERROR)) - 1) < 0.005
    before = [one for one in strides if one.seconds("uptime") + one.period <= jumped_s]
    after = [one for one in strides if one.seconds("uptime") > jumped_s + 4.0]
    assert len(before) > 8 and len(after) > 8
    assert {one.direction for one in before[2:] + after[2:]} == {"forward"}
    assert {one.direction for one in strides} <= {"forward", "unknown"}
    # steps differ from each other; a rate that is off by 10 % would change them as much, and their way twice as much
    for name, most in (("period", 0.04), ("length", 0.08), ("contact_time", 0.05)):
        # the first after a gap does not know when the step before it landed
        told = [[value for one in some if (value := getattr(one, name)) is not None] for some in (before, after)]
        then, now = map(statistics.median, told)
        assert abs(now / then - 1) < most, (name, then, now)
