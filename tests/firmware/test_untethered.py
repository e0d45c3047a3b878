"""A pod without a host, on the virtual pod: it records by itself, obeys its button, sleeps, wakes, gives up in time."""

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from bench import motions
from firmware.podlife import IDENTITY, client, mpremote, stored, until, write_settings
from retropod.client.refusals import PodRefused
from retropod.score.engine_runner import ChipScale, G
from retropod.virtual.pod import VirtualBoard, VirtualPod
from retropod.virtual.source import Source
from shared import scenario

RATE_HZ = 416.6875
LED, BUTTON, BATTERY, BUZZER, WAKE, POWER = 2, 0, 34, 25, 27, 35
FULL, EMPTY = 2.05, 1.65  # volts at the converter, behind a divider by two


def made_of(*parts: tuple[str, float]) -> Source:
    """Scenarios of the gait model one after the other; "stand" stands."""
    acc: list[Any] = []
    gyr: list[Any] = []
    for name, duration_s in parts:
        if name == "stand":
            acc.append(np.tile([0.0, 0.0, 9.80665], (round(duration_s * RATE_HZ), 1)))
            gyr.append(np.zeros((round(duration_s * RATE_HZ), 3)))
        else:
            recording = scenario(name, RATE_HZ, 1, duration_s=duration_s)
            acc.append(recording.acc)
            gyr.append(recording.gyr)
    return Source(np.vstack(acc), np.vstack(gyr), RATE_HZ)


def wearable(**more: Any) -> VirtualBoard:
    """A board with everything soldered on."""
    return VirtualBoard(adc_volts={str(BATTERY): FULL}, int_pin=WAKE, watched=(LED, BUZZER), **more)


def set_up(pod: VirtualPod, **settings: Any) -> None:
    """Set its wiring and behaviour. It restarts with them."""
    with client(pod) as host:
        host.mount("given", IDENTITY)
        for name, value in {"battery_pin": BATTERY, "power_pin": POWER, **settings}.items():
            host.change(name, value)
    pod.kill()


def press(pod: VirtualPod, virtual_s: float, speed: float) -> None:
    pod.set_pin(BUTTON, 0)
    time.sleep(virtual_s / speed)
    pod.set_pin(BUTTON, 1)


def test_it_records_automatically_with_the_first_strides(virtual: Callable[..., VirtualPod]) -> None:
    """No host greets it: it stands, walks, stands."""
    source = made_of(("stand", 20), ("walk", 45), ("stand", 60))
    pod = virtual(source, speed="max", tail_s=5.0, board=wearable())
    set_up(pod, stop_after_s=30, sleep="off")
    pod.power_on()
    assert pod.wait_source_end(60)
    with client(pod) as host:
        (entry,) = host.runs()
        header, messages = stored(host, entry.run)
        assert host.status().run == 0
    strides = [message for kind, message in messages if kind == "stride"]
    events = {message.kind: message for kind, message in messages if kind == "event"}
    assert events["started"].values["a"] == 6 and events["stopped"].values["b"] == 3
    assert [stride.number for stride in strides] == list(range(strides[0].number, strides[0].number + len(strides)))
    assert strides[0].number <= 2 and len(strides) > 30
    assert (header["sample"], header["uptime_s"]) == (strides[0].sample, strides[0].uptime_s)


def test_pedalling_starts_no_run(virtual: Callable[..., VirtualPod]) -> None:
    """A ride on a rough road, with seven strides in a row that are not gait."""
    (motion,) = [one for one in motions.MOTIONS if one.name == "cycling_rough"]
    ride = motions.samples(motion.pose(19), 19)
    acc, gyr = (one.astype(float) for one in np.hsplit(ride.counts, 2))
    acc *= ChipScale().acc_lsb_ug * 1e-6 * G
    gyr *= np.radians(ChipScale().gyr_lsb_udps * 1e-6)
    pod = virtual(Source(acc, gyr, ride.rate_hz), speed="max", tail_s=5.0, board=wearable())
    set_up(pod, stop_after_s=30, sleep="off")
    pod.power_on()
    assert pod.wait_source_end(60)
    with client(pod) as host:
        assert host.status().strides >= 6
        assert host.runs() == []


def test_the_button_starts_marks_laps_and_stops(virtual: Callable[..., VirtualPod]) -> None:
    speed = 3.0
    pod = virtual(speed=speed, board=wearable())
    with client(pod) as host:
        until(lambda: host.status().samples > 100)
        press(pod, 0.4, speed)
        until(lambda: host.status().run)
        assert host.status().started_by == "button"
        press(pod, 0.4, speed)
        time.sleep(0.3)
        press(pod, 0.4, speed)
        time.sleep(0.3)
        press(pod, 2.5, speed)
        until(lambda: not host.status().run)
        _, messages = stored(host, 1)
    events = [(message.kind, message.values["a"], message.values["b"]) for kind, message in messages if kind == "event"]
    assert events == [("started", 0, 3), ("lap", 1, 0), ("lap", 2, 0), ("stopped", 0, 4)]


def test_it_sleeps_and_a_step_wakes_it(virtual: Callable[..., VirtualPod]) -> None:
    source = made_of(("stand", 90), ("walk", 40), ("stand", 60))
    pod = virtual(source, speed="max", tail_s=60.0, board=wearable())
    set_up(pod, stop_after_s=20, sleep_after_s=30)
    pod.power_on()
    until(lambda: 0 < pod.log_text().find('"ext0"') < pod.log_text().rfind('"woken": null'), 60)
    assert 0 < pod.log_text().find('"woken": null') < pod.log_text().find('"ext0"')
    pod.set_pin(POWER, 1)  # put on its charger it wakes, and stays awake
    with client(pod) as host:
        until(lambda: host.status().state == "charging")
        status = host.status()
        (entry,) = host.runs()
        _, messages = stored(host, entry.run)
        assert (host.mount().state, host.mount().reason) == ("suspect", "woke")
        assert "battery" in host.hello().capabilities
    strides = [message for kind, message in messages if kind == "stride"]
    assert len(strides) > 25 and status.battery_mv == pytest.approx(4.1, abs=0.02) and status.battery_percent > 90
    # asleep nothing is sampled, which does not count as lost
    seconds = status.seconds("uptime")
    assert seconds is not None and status.samples < 0.85 * seconds * RATE_HZ and status.samples_lost == 0
    # the first strides after it woke have no mount to go by; ten steps forward bring it back
    directions = [stride.direction for stride in strides]
    assert directions[0] == "unknown" and directions[-5:] == ["forward"] * 5


def test_a_press_wakes_it_and_its_clock_has_gone_on(virtual: Callable[..., VirtualPod]) -> None:
    pod = virtual(speed=12.0, board=wearable())  # a host is believed to be there for two and a half seconds of ours
    set_up(pod, sleep_after_s=15, auto_record=False)
    pod.power_on()
    with client(pod) as host:
        set_at = host.set_time(1_700_000_000, 0.010).seconds("uptime")
        assert set_at is not None
        until(lambda: (host.status().seconds("uptime") or 0) > set_at + 25)  # asked again and again it does not sleep
        assert '"doze"' not in pod.log_text()
    until(lambda: '"doze"' in pod.log_text())
    time.sleep(0.5)
    pod.set_pin(BUTTON, 0)
    until(lambda: '"woken": "ext1"' in pod.log_text())
    pod.set_pin(BUTTON, 1)
    with client(pod) as host:
        status = host.status()
        assert status.run == 0  # that press was for waking
        assert status.battery_mv == pytest.approx(4.1, abs=0.02)
        up, epoch = status.seconds("uptime"), status.seconds("epoch")
        assert up is not None and epoch is not None and up - set_at > 50
        assert (epoch - 1_700_000_000, status.clock_state) == (pytest.approx(up - set_at, abs=0.1), "carried")
        host.record("start")
        host.record("stop")
        _, messages = stored(host, 1)
    (sync,) = [
        message.values["b"] // 1000 for kind, message in messages if kind == "event" and message.kind == "clock_sync"
    ]
    assert 100 < sync < 10_000  # ms that it may be off by: 5 % of its sleep


@pytest.mark.parametrize("board", [VirtualBoard(int_pin=WAKE), VirtualBoard(adc_volts={str(BATTERY): FULL})])
def test_a_board_on_a_bench_never_goes_deaf(virtual: Callable[..., VirtualPod], board: VirtualBoard) -> None:
    """No battery on a pin, or no wire from the sensor: it stays awake, unless its user set it otherwise."""
    pod = virtual(made_of(("stand", 120)), speed="max", tail_s=1.0, board=board)
    set_up(pod, sleep_after_s=15, battery_pin=-1 if board.int_pin == WAKE else BATTERY)
    pod.power_on()
    assert pod.wait_source_end(60)
    assert '"doze"' not in pod.log_text()
    with client(pod) as host:
        assert host.status().state == "armed"


def test_a_low_battery_ends_the_run_in_order(virtual: Callable[..., VirtualPod]) -> None:
    pod = virtual(speed=40.0, board=wearable())
    set_up(pod, sleep="off")
    pod.power_on()
    with client(pod) as host:
        host.record("start")
        pod.set_volts(BATTERY, EMPTY)
        until(lambda: host.status().state == "low_battery", 20)
        status = host.status()
        _, messages = stored(host, 1)
        assert status.run == 0 and status.battery_mv < 3.4
    events = [message for kind, message in messages if kind == "event" and message.kind in ("low_battery", "stopped")]
    assert [event.kind for event in events] == ["low_battery", "stopped"]
    assert 3300 <= events[0].values["a"] < 3400 and events[1].values["b"] == 5


def test_light_and_tone_tell_a_change_of_direction(virtual: Callable[..., VirtualPod]) -> None:
    pod = virtual(made_of(("walk", 25), ("backward-walk", 25)), speed="max", tail_s=1.0, board=wearable())
    set_up(pod, cue="both", auto_record=False, sleep="off")
    pod.power_on()
    assert pod.wait_source_end(60)
    with client(pod) as host:
        until(lambda: host.status().samples)
    assert [level for _, level in pod.levels(BUZZER)][-4:] == [1, 0, 1, 0]  # backward: two short ones
    assert len(pod.levels(LED)) > 40


def test_a_full_flash_is_said_once_and_forgotten_with_what_filled_it(virtual: Callable[..., VirtualPod]) -> None:
    """It walks, and nothing can be recorded; then a run is erased."""
    pod = virtual(speed="max")
    mpremote(pod, "exec", "f = open('/runs/000009.run', 'wb')\nfor _ in range(500): f.write(bytes(4096))\nf.close()")
    pod = virtual(made_of(("walk", 30), ("stand", 20)), speed="max", tail_s=1.0)
    assert pod.wait_source_end(60)
    with client(pod) as host:
        assert (host.status().state, host.status().run) == ("full", 0)
        assert [fault.text for fault in host.faults()] == ["last run: storage_full"]  # the filler was never ended
        host.erase(9, bytes(32), force=True)
        assert host.status().state == "armed"
        assert host.record("start")


def test_a_flash_that_is_full_at_the_start_is_reported_as_full(virtual: Callable[..., VirtualPod]) -> None:
    pod = virtual(speed="max")
    mpremote(pod, "exec", "f = open('/filler', 'wb')\nfor _ in range(500): f.write(bytes(4096))\nf.close()")
    pod.reset()
    with client(pod) as host:
        until(lambda: host.status().state == "full")
        with pytest.raises(PodRefused) as refused:
            host.record("stop")
        assert refused.value.code == "storage_full"


def test_the_reason_for_which_a_run_ended_is_reported(virtual: Callable[..., VirtualPod]) -> None:
    pod = virtual(made_of(("stand", 20), ("walk", 30), ("stand", 60)), speed="max", tail_s=5.0, board=wearable())
    set_up(pod, stop_after_s=20, sleep="off")
    pod.power_on()
    assert pod.wait_source_end(60)
    with client(pod) as host:
        until(lambda: host.status().runs and not host.status().run, 60)
        with pytest.raises(PodRefused, match=r"run 1 ended: foot at rest") as refused:
            host.record("stop")
        assert refused.value.code == "not_recording"


def test_asleep_without_a_wire_it_looks_for_itself(virtual: Callable[..., VirtualPod]) -> None:
    """`sleep` is on: neither battery nor wake wire, so the clock wakes it twice a second, and it asks the sensor."""
    pod = virtual(made_of(("stand", 60), ("walk", 30), ("stand", 600)), speed="max", board=VirtualBoard(watched=(LED,)))
    set_up(pod, sleep="on", sleep_after_s=20, stop_after_s=20, battery_pin=-1)
    pod.power_on()
    until(lambda: pod.log_text().count('"woken": null') >= 2, 60)
    assert '"ext' not in pod.log_text()
    lit = [at_s for at_s, level in pod.levels(LED) if level]
    assert max(after - before for before, after in pairwise(lit)) > 20  # asleep it is dark


def test_a_pin_that_cannot_is_named_and_left_alone(virtual: Callable[..., VirtualPod]) -> None:
    pod = virtual(speed=4.0)
    write_settings(pod, {"led_pin": 34, "wake_pin": 24, "button_pin": 31})
    with client(pod) as host:
        until(lambda: host.status().samples > 400)
        (fault,) = host.faults()
        assert fault.code == "settings"
        assert fault.text.startswith("led_pin ignored: GPIO 34 of ESP32 is an input only, button_pin ignored: GPIO 31")
        assert host.status().state == "armed"
