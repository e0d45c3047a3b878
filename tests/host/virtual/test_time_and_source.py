"""From a source through the chip to the firmware: what comes out is what went in, at its time."""

import struct
import time

import numpy as np
import pytest

from host.virtual.helpers import plugged
from retropod.errors import OperationFailed
from retropod.virtual.pod import VirtualBoard
from retropod.virtual.source import Source

ACC_LSB_G, GYR_LSB_DPS = 0.488e-3, 70e-3  # setting of the tiny firmware: code 3 of the DSO32, 2000 dps
CHIP_HZ = 6667 / 16


def wobble(seconds: float = 4.0, rate_hz: float = CHIP_HZ) -> Source:
    """Something smooth with every axis different; begins and ends moving."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    axes = np.arange(1, 4)
    acc = 9.8 * np.sin(2 * np.pi * axes * t[:, np.newaxis] + axes) + (0, 0, 9.8)
    gyr = 5.0 * np.cos(2 * np.pi * axes * t[:, np.newaxis])
    return Source(acc, gyr, rate_hz)


def samples(status: dict, tag: int) -> np.ndarray:
    """(N,3) counts of one element among the first words that the firmware saw."""
    data = bytes.fromhex(status["first"])
    words = [data[at : at + 7] for at in range(0, len(data), 7)]
    return np.array([struct.unpack("<hhh", word[1:]) for word in words if word[0] >> 3 == tag])


def test_held_source_begins_with_its_first_sample_at_go(make_pod):
    source = wobble()
    pod = make_pod(source=source, speed="max", hold=True)
    assert pod.wait_held(60)
    with plugged(pod.url) as cable:
        time.sleep(0.1)
        assert cable.ask("s")["words"] == 0
        before = cable.ask("s")["ms"]
        assert before == cable.ask("s")["ms"], "time stands while held"
        pod.go()
        assert pod.wait_source_end(60)
        status = cable.ask("s")
    assert np.array_equal(samples(status, 2), source.counts("acc", CHIP_HZ, ACC_LSB_G)[:20])
    assert np.array_equal(samples(status, 1), source.counts("gyr", CHIP_HZ, GYR_LSB_DPS)[:20])
    assert pod.rate_hz == pytest.approx(CHIP_HZ)


def test_a_restart_while_held_loses_no_sample(make_pod):
    source = wobble()
    pod = make_pod(source=source, speed="max", hold=True)
    with plugged(pod.url) as cable:
        assert pod.wait_held(60)
        cable.port.write(b"r")
        cable.until(b"SW_CPU_RESET")
        assert pod.wait_held(60)
        pod.go()
        assert pod.wait_source_end(60)
        status = cable.knock()
    assert np.array_equal(samples(status, 2), source.counts("acc", CHIP_HZ, ACC_LSB_G)[:20])


def test_every_run_at_full_speed_is_the_same(make_pod):
    pod = make_pod(source=wobble(), speed="max")
    seen = []
    for _ in range(2):
        assert pod.wait_source_end(60)
        with plugged(pod.url) as cable:
            seen.append(cable.ask("s")["first"])
        pod.kill()
        pod.power_on()
    assert seen[0] == seen[1]


def test_full_speed_is_fast_and_ends_with_the_source(make_pod):
    pod = make_pod(source=wobble(60.0), speed="max", tail_s=1.0)
    assert pod.wait_source_end(60), "faster than real time"
    with plugged(pod.url) as cable:
        asked = time.monotonic()
        first = cable.ask("s")["ms"]
        last = cable.ask("s")["ms"]
        assert last - first <= 1000 * (time.monotonic() - asked) + 2, "afterwards it is not faster"
    assert first > 61_000


def test_held_standing_lets_time_pass(make_pod):
    source = wobble()
    pod = make_pod(source=source, hold="still")
    assert pod.wait_held(60)
    with plugged(pod.url) as cable:
        status = cable.ask("s")
        time.sleep(0.2)
        assert cable.ask("s")["words"] > status["words"]
        pod.go()
        standing = source.rest("acc", ACC_LSB_G)[0]
        assert np.array_equal(samples(cable.ask("s"), 2)[0], standing)


def test_oscillator_error_changes_how_many_samples_come(make_pod):
    counted = {}
    for error in (0.0, 0.05):
        pod = make_pod(board=VirtualBoard(odr_error=error), source=wobble(20.0), speed="max", tail_s=0.0)
        assert pod.wait_source_end(60)
        with plugged(pod.url) as cable:
            counted[error] = cable.ask("s")["words"]
        pod.close()
    assert counted[0.05] / counted[0.0] == pytest.approx(1.05, abs=0.02)


def test_instants_of_samples_are_known_in_real_time(make_pod):
    pod = make_pod(source=wobble(), hold=True)
    assert pod.wait_held(60)
    with plugged(pod.url) as cable:
        held_ms, released_s = cable.ask("s")["ms"], time.monotonic()
        pod.go()
        status = cable.status(lambda found: found["words"] > 100)
        read_s = time.monotonic()
    newest = status["words"] // 2 - 1
    assert released_s <= pod.sample_monotonic_s(0) < pod.sample_monotonic_s(newest) <= read_s
    by_pod_s = (status["ms"] - held_ms) / 1000
    assert newest / CHIP_HZ <= by_pod_s + 0.01, "the pod's clock has passed the instant of the sample"
    assert pod.sample_monotonic_s(100) - pod.sample_monotonic_s(0) == pytest.approx(100 / CHIP_HZ)


def test_there_are_no_instants_at_full_speed(make_pod):
    pod = make_pod(source=wobble(), speed="max")
    with pytest.raises(OperationFailed):
        pod.sample_monotonic_s(0)


def test_patience_waits_for_a_host_that_is_silent(make_pod):
    pod = make_pod(source=wobble(60.0), speed="max", patience_ms=500, hold=True)
    assert pod.wait_held(60)
    pod.go()
    assert not pod.wait_source_end(0.5)
    with plugged(pod.url) as cable:
        deadline = time.monotonic() + 120
        while not pod.wait_source_end(0.01):
            assert time.monotonic() < deadline
            cable.port.write(b" ")


def test_faults_on_schedule_and_by_hand(make_pod):
    pod = make_pod(source=wobble(), speed="max", hold=True, faults=[{"kind": "nack", "count": 3, "at_s": 1.0}])
    assert pod.wait_held(60)
    with plugged(pod.url) as cable:
        assert cable.ask("s")["errors"] == 0
        pod.go()
        assert pod.wait_source_end(60)
        assert cable.ask("s")["errors"] == 3
        before = cable.ask("s")["overruns"]
        pod.inject("overrun", slots=10)
        cable.status(lambda status: status["overruns"] > before)
        pod.inject("stuck", level=0, for_ms=50)
        cable.status(lambda status: status["errors"] > 3)


def test_a_source_in_real_time_flows_at_its_rate(make_pod):
    pod = make_pod(source=wobble())
    with plugged(pod.url) as cable:
        began_s = time.monotonic()
        first = cable.ask("s")
        second = cable.status(lambda found: found["ms"] >= first["ms"] + 1000)
        wall_s, pod_s = time.monotonic() - began_s, (second["ms"] - first["ms"]) / 1000
    assert (second["words"] - first["words"]) / 2 == pytest.approx(pod_s * CHIP_HZ, rel=0.05)
    assert pod_s <= wall_s + 0.01, "a busy machine makes the pod slower, and nothing makes it faster"
