"""A wrong setting keeps no pod from starting for good: after two failed starts the hardware's settings do not count."""

from collections.abc import Callable
from pathlib import Path

import pytest
import serial

from firmware.podlife import client, until, with_fault
from pod.storage import bootguard, settingrows
from pod.storage.settings import Settings
from retropod.virtual.pod import VirtualPod


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
    for pair in ("name=left", "sda=6", "board=xiao-c3", "rate_hz=208", "side=left", "stop_after_s=90"):
        Settings(path).set_text(pair)
    held = Settings(path, True)
    assert held.fault == "two boots failed, so this one ignores: board rate_hz sda"
    defaults = settingrows.defaults()
    assert {name: held.get(name) for name in ("board", "rate_hz", "sda")} == {
        name: defaults[name] for name in ("board", "rate_hz", "sda")
    }
    assert (held.get("name"), held.get("side"), held.get("stop_after_s")) == ("left", "left", 90)
    assert held.text("sda") == "sda=6"
    held.set_text("sda=-1")
    again = Settings(path)
    assert (again.get("sda"), again.get("board"), again.get("rate_hz")) == (-1, "xiao-c3", 208)


def test_every_pin_and_all_that_a_start_depends_on_is_hardware() -> None:
    pins = [name for name in settingrows.names() if name.endswith("_pin")]
    others = {"sda", "scl", "board", "chip", "address", "i2c_hz", "rate_hz", "line_rate", "led_lit"}
    assert set(settingrows.hardware()) == others | set(pins)


def test_a_pin_that_hangs_the_board(virtual: Callable[..., VirtualPod], tmp_path: Path) -> None:
    """GPIO 6 carries the flash of an ESP32: touching it ends everything, so here it does."""
    line = """def low(number, _low=low):
    while number == 6:
        print("hangs")
        time.sleep_ms(50)
    return _low(number)"""
    pod = virtual(firmware=with_fault(tmp_path, "hal/hardware.py", line))
    with client(pod) as host:
        host.change("skip_pin", 6)
        host.change("name", "kept")
    for _ in range(2):
        pod.kill()
        pod.power_on()
        with serial.Serial(pod.url, timeout=5.0) as port:
            assert port.read_until(b"hangs").endswith(b"hangs")
    pod.kill()
    pod.power_on()
    with client(pod) as host:
        assert host.greeting.name == "kept"
        (fault,) = host.faults()
        assert (fault.code, fault.text) == ("settings_ignored", "two boots failed, so this one ignores: skip_pin")
        assert host.settings("skip_pin") == {"skip_pin": 6}  # as it was set, so that it can be seen
        host.change("skip_pin", -1)
        host.restart()
        until(lambda: host.await_hello(60.0).boot_count == 3)  # those that hung had no number
        assert len(host.faults()) == 1
