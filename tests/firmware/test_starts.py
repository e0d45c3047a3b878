"""A wrong setting keeps no pod from starting for good: after two failed starts the hardware's settings do not count."""

from collections.abc import Callable
from pathlib import Path

import pytest
import serial

from firmware.podlife import client, mpremote, until, with_fault
from pod.storage import bootguard
from pod.storage.settings import Settings
from retropod.client.settingchange import TRIAL_S
from retropod.virtual.pod import VirtualPod
from retrowire import settingrows


@pytest.fixture
def count(tmp_path: Path) -> str:
    return str(tmp_path / "starts")


def test_two_failed_starts_and_the_third_passes_over(count: str) -> None:
    assert [bootguard.begin(count), bootguard.begin(count), bootguard.begin(count)] == [False, False, True]
    bootguard.settle(count)
    assert bootguard.begin(count) is False  # Repaired or not, the settings are used for one boot.
    assert bootguard.begin(count) is True
    bootguard.settle(count)
    assert bootguard.begin(count) is False
    bootguard.settle(count)
    assert [bootguard.begin(count), bootguard.begin(count), bootguard.begin(count)] == [False, False, True]


def test_a_good_start_forgets_a_bad_one(count: str) -> None:
    for _ in range(5):
        assert bootguard.begin(count) is False
        assert bootguard.begin(count) is False
        bootguard.settle(count)


def test_a_full_flash_passes_nothing_over(count: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: str, _data: bytes) -> None:
        raise OSError(28)

    monkeypatch.setattr("pod.storage.store.write_atomic", full)
    assert [bootguard.begin(count) for _ in range(5)] == [False] * 5
    bootguard.settle(count)


def test_what_is_passed_over_is_kept_and_named(tmp_path: Path) -> None:
    path = str(tmp_path / "settings.json")
    for pair in ("name=left", "board=xiao-c3", "sda=6", "rate_hz=208", "side=left", "stop_after_s=90"):
        Settings(path).set_text(pair)
    Settings(path).confirm()
    held = Settings(path, True)
    assert held.fault == "two boots failed, so this one ignores: board rate_hz sda"
    defaults = settingrows.defaults()
    assert {name: held.get(name) for name in ("board", "rate_hz", "sda")} == {
        name: defaults[name] for name in ("board", "rate_hz", "sda")
    }
    assert (held.get("name"), held.get("side"), held.get("stop_after_s")) == ("left", "left", 90)
    assert held.text("sda") == "sda=6"
    held.set_text("sda=-1")
    assert (held.get("sda"), held.text("sda")) == (-1, "sda=-1")
    again = Settings(path)
    assert (again.get("sda"), again.get("board"), again.get("rate_hz")) == (-1, "xiao-c3", 208)


def test_every_pin_and_all_that_a_start_depends_on_is_hardware() -> None:
    pins = [name for name in settingrows.names() if name.endswith("_pin")]
    others = {"sda", "scl", "board", "chip", "address", "i2c_hz", "rate_hz", "line_rate", "led_lit"}
    assert set(settingrows.hardware()) == others | set(pins)


def hanging(virtual: Callable[..., VirtualPod], tmp_path: Path) -> VirtualPod:
    """Start a pod that ends all work as soon as it touches GPIO 4, as an ESP32 does with a pin of its flash."""
    line = """def low(number, _low=low):
    while number == 4:
        print("hangs")
        time.sleep_ms(50)
    return _low(number)"""
    return virtual(firmware=with_fault(tmp_path, "hal/hardware.py", line))


def hangs(pod: VirtualPod) -> bool:
    with serial.Serial(pod.url, timeout=5.0) as port:
        return port.read_until(b"hangs").endswith(b"hangs")


def test_a_pin_that_hangs_the_board_is_undone_by_the_watchdog(
    virtual: Callable[..., VirtualPod], tmp_path: Path
) -> None:
    pod = hanging(virtual, tmp_path)
    with client(pod) as host:
        assert pod._watchdog is None
        host.change("skip_pin", 4)
        host.change("name", "kept")
        host.restart()
    assert hangs(pod)
    assert until(lambda: pod._watchdog).interval == TRIAL_S
    pod._bite()
    with client(pod) as host:
        assert host.greeting.name == "kept"
        assert (host.settings("skip_pin"), host.settings()["undone"]) == ({"skip_pin": -1}, {"skip_pin": 4})
        (fault,) = host.faults()
        assert (fault.code, fault.text) == ("settings", "undone, because no host greeted the pod with: skip_pin 4")
        assert pod._watchdog is None


def test_a_host_that_greets_confirms_and_ends_the_watchdog(virtual: Callable[..., VirtualPod]) -> None:
    pod = virtual()
    with client(pod) as host:
        host.change("rate_hz", 208)
        host.restart()
        until(lambda: host.await_hello(60.0).boot_count == 2)
        until(lambda: pod._watchdog is not None and pod._watchdog.interval > 100 * TRIAL_S)
        host.restart()
        until(lambda: host.await_hello(60.0).boot_count == 3)
        assert host.settings("rate_hz") == {"rate_hz": 208}
        assert pod._watchdog is None and host.faults() == []


def test_settings_that_have_hung_two_boots_are_ignored(virtual: Callable[..., VirtualPod], tmp_path: Path) -> None:
    """A file of an earlier version, which knew no trial."""
    pod = hanging(virtual, tmp_path)
    mpremote(
        pod, "exec", "f = open('/settings.json', 'w'); f.write('{\"skip_pin\": 4, \"name\": \"kept\"}'); f.close()"
    )
    for _ in range(2):
        pod.kill()
        pod.power_on()
        assert hangs(pod)
    pod.kill()
    pod.power_on()
    with client(pod) as host:
        assert host.greeting.name == "kept"
        (fault,) = host.faults()
        assert (fault.code, fault.text) == ("settings_ignored", "two boots failed, so this one ignores: skip_pin")
        assert host.settings("skip_pin") == {"skip_pin": 4}  # as it was set, so that it can be seen
        host.change("skip_pin", -1)
        host.restart()
        # Those that hung had no number. On a slow machine a repeated request restarts the pod twice.
        until(lambda: host.await_hello(60.0).boot_count in (3, 4))
        assert len(host.faults()) == 1
