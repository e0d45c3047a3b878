"""The pod's test of itself on virtual pods, sound ones and broken ones, in simulated time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firmware.podlife import IDENTITY, client, mpremote, until
from retropod.capture import archive, collect
from retropod.client.pod import Pod
from retropod.doctor.answering import examine_pod, own_tests
from retropod.doctor.items import ITEMS, Result
from retropod.virtual.pod import VirtualBoard, VirtualPod
from retropod.virtual.source import Source
from retrowire import codec
from shared import scenario

# The pod's time is simulated, and it stops 30 s after the last request: its self-test takes less.
FAST: dict[str, Any] = {"speed": "max", "patience_ms": 30_000}
RATE_S = 12  # of the pod's time, until the oscillator's rate is measured


def uptime_s(host: Pod) -> float:
    return host.status().seconds("uptime") or 0.0


def examined(host: Pod) -> dict[str, Result]:
    until(lambda: uptime_s(host) > RATE_S)
    found = {one.item: one for one in own_tests(host)}
    assert set(found) <= set(ITEMS)
    return found


def verdicts(found: dict[str, Result]) -> dict[str, str]:
    return {name: one.verdict for name, one in found.items()}


def resting(seconds: float, noise_mg: float = 3.0) -> Source:
    """A part that lies still, with noise as real ones have."""
    draw = np.random.default_rng(4)
    count = round(seconds * 416)
    acc = draw.normal(0.0, noise_mg * 9.80665e-3, (count, 3))
    acc[:, 2] += 9.80665
    return Source(acc, draw.normal(0.0, np.radians(0.06), (count, 3)), 416.0)


@pytest.mark.parametrize("chip", ["lsm6dso32", "mpu6050", "adxl345"])
def test_a_sound_pod_passes(virtual: Callable[..., VirtualPod], chip: str) -> None:
    pod = virtual(resting(120.0), chip=chip, **FAST)
    with client(pod) as host:
        host.set_time(1_750_000_000.0, 0.01)
        host.mount("given", IDENTITY)
        found = examined(host)
        got = verdicts(found)
        skipped = {"battery", "noise_gyr", "zero_rate"} if chip == "adxl345" else {"battery"}
        assert {name for name, verdict in got.items() if verdict == "skipped"} == skipped, got
        assert set(got.values()) == {"pass", "skipped"}, found
        assert chip in found["sensor"].words
        assert found["self_test"].words.startswith(f"all {3 if chip == 'adxl345' else 6} axes")
        # sampling continued, and the losses of the sensor's own test are counted
        taken = host.status().samples
        status = until(lambda: (now := host.status()).samples > taken + 200 and now)
        assert 0.05 < status.samples_lost / status.rate_mhz < 6.0
        assert host.faults() == []
        assert verdicts(examined(host)) == got


def test_defects_of_a_pod_are_reported_item_by_item(virtual: Callable[..., VirtualPod]) -> None:
    pod = virtual(None)
    with client(pod) as host:
        host.change("chip", "lsm6dso")  # it is an LSM6DSO32, and both say the same of themselves
        host.mount("given", IDENTITY)
    mpremote(pod, "exec", "f=open('/settings.json','a'); f.write('}'); f.close()")
    pod.close()
    pod = virtual(None, board=VirtualBoard(odr_error=0.13, freq_fine=0.0), **FAST)
    with client(pod) as host:
        until(lambda: host.status().samples > 5000)
        pod.inject("self_test", scale=0.05)
        pod.inject("nack", count=2)
        pod.inject("overrun", slots=60)
        until(lambda: host.status().fifo_overruns)
        found = examined(host)
        got = verdicts(found)
        assert {name for name in got if got[name] == "warn"} >= {
            "bus", "overruns", "clock", "settings", "mount", "faults", "rate",
        }, found  # fmt: skip
        assert got["self_test"] == "fail" and "outside" in found["self_test"].words
        assert "damaged" in found["settings"].words
        assert "power lost" in found["mount"].words.replace("_", " ")
        assert all(found[name].fix for name in got if got[name] in ("warn", "fail"))


@pytest.mark.parametrize(("solder", "taken_for", "fix"), [
    ("lsm6dso32", "lsm6dso", "chip lsm6dso32"), ("lsm6dso", "lsm6dso32", "chip lsm6dso "),
])  # fmt: skip
def test_a_part_taken_for_another(virtual: Callable[..., VirtualPod], solder: str, taken_for: str, fix: str) -> None:
    pod = virtual(None, chip=solder, **FAST)
    with client(pod) as host:
        host.change("chip", taken_for)
        host.restart()
        host.await_hello(60.0)
        found = examined(host)
        assert found["gravity"].verdict == "fail" and fix in found["gravity"].fix, found["gravity"]
        assert found["sensor"].verdict == "warn"


def test_nothing_on_the_bus(virtual: Callable[..., VirtualPod]) -> None:
    with client(virtual(None, board=VirtualBoard(address=0x1C), **FAST)) as host:
        found = examined(host)
        assert found["sensor"].verdict == "fail" and "0x6A" in found["sensor"].words
        rest = ("range", "bus", "gravity", "noise_acc", "noise_gyr", "zero_rate", "rate", "self_test")
        assert {found[name].verdict for name in rest} == {"skipped"}


def test_moving_and_recording_leave_out_what_needs_rest(virtual: Callable[..., VirtualPod]) -> None:
    walk = Source.from_movement(scenario("walk", 208.0, 1, duration_s=75.0))
    pod = virtual(walk, hold="still", tail_s=60.0, **FAST)
    with client(pod) as host:
        until(lambda: uptime_s(host) > RATE_S)
        pod.go()
        until(lambda: host.status().strides > 1)
        found = examined(host)
        rest = ("gravity", "noise_acc", "noise_gyr", "zero_rate", "self_test")
        assert {found[name].verdict for name in rest} == {"skipped"} and "moves" in found["gravity"].words
        assert found["rate"].verdict == "pass"
        ends_s = uptime_s(host) + 75.0
        until(lambda: uptime_s(host) > ends_s)
        if host.status().run == 0:
            host.record("start")
        lost = host.status().samples_lost
        found = examined(host)
        assert found["self_test"].verdict == "skipped" and "run is open" in found["self_test"].words
        assert found["gravity"].verdict == "pass"
        assert host.status().samples_lost == lost


def test_little_flash_a_low_battery_and_an_axis_that_stands_still(virtual: Callable[..., VirtualPod]) -> None:
    pod = virtual(resting(120.0), **FAST, board=VirtualBoard(adc_volts={"34": 1.72}))
    with client(pod) as host:
        host.change("battery_pin", 34)  # behind a divider by two
    mpremote(pod, "exec", "f=open('/fill','wb')\nfor i in range(960): f.write(bytes(2048))\nf.close()")
    mpremote(pod, "resume", "exec", "--no-follow", "import machine; machine.reset()")
    with client(pod) as host:
        assert host.await_hello(60.0).boot_count == 2
        pod.inject("stuck_axis", axis=1, value=12)
        found = examined(host)
        assert found["flash"].verdict in ("warn", "fail"), found["flash"]
        assert found["battery"].verdict in ("warn", "fail") and found["battery"].words.startswith("3.4"), found
        assert found["settings"].words == "1 changed: battery_pin"
        assert found["noise_acc"].verdict == "warn" and "ay stands still" in found["noise_acc"].words


def test_a_sensor_that_goes_away_meanwhile(virtual: Callable[..., VirtualPod]) -> None:
    pod = virtual(None, **FAST)
    with client(pod) as host:
        until(lambda: host.status().samples > 100)
        answers = host.checks()
        seen: list[Any] = []
        for answer, _ in answers:
            seen.append(answer)
            if answer.text.startswith("slot"):
                pod.inject("nack")
        assert {one.verdict for one in seen[-6:]} == {"skipped"}
        assert host.status().state == "sensor_missing"


def test_a_pod_of_another_protocol_is_reported_and_captured(
    virtual: Callable[..., VirtualPod], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = virtual(None, **FAST)
    monkeypatch.setattr(codec, "fingerprint", lambda: 4711)  # this host has another schema
    with client(pod) as host:
        found = {one.item: one for one in examine_pod(host)}
        assert set(found) == {"app", "versions", "round_trip", "frames"}
        assert found["versions"].verdict == "fail" and "retropod update" in found["versions"].fix
        held = collect.take(host, 1.0, anonymous=False, notify=lambda text: None)
        assert {note.partition(":")[0] for note in held.notes} == {"settings", "mount", "faults", "tests", "samples"}
        assert held.report["status"]["state"] and held.report["runs"] == []
        assert archive.write(held, tmp_path / "report.zip").stat().st_size > 500
