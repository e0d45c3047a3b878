"""The whole firmware on the virtual pod, with faults of sensor, flash, program or host."""

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import serial

from firmware.podlife import client, mpremote, stored, until, with_fault, write_settings
from host.virtual.helpers import plugged
from retropod.client import frames, wire
from retropod.client.messages import StatusGetMessage, StatusMessage
from retropod.client.refusals import NoAnswer, PodRefused
from retropod.client.roundtrip import Patience
from retropod.virtual.pod import VirtualPod
from retropod.virtual.source import Source
from retrowire import schema


def test_without_a_sensor_the_pod_still_speaks(virtual: Callable[..., VirtualPod]) -> None:
    pod = virtual()
    with client(pod) as host:
        until(lambda: host.status().samples > 100)
        pod.inject("nack", for_ms=3_000)
        until(lambda: host.status().state == "sensor_missing")
        assert host.hello().chip == "lsm6dso32"
        until(lambda: host.status().state == "armed")
        until(lambda: host.status().samples_lost > 1000)  # the samples that the chip would have measured
        assert [fault.code for fault in host.faults()] == ["sensor_lost"]


@pytest.mark.parametrize("address", [0x6A, 0x6B])
def test_either_address(virtual: Callable[..., VirtualPod], address: int) -> None:
    from retropod.virtual.pod import VirtualBoard

    with client(virtual(board=VirtualBoard(address=address))) as host:
        until(lambda: host.status().samples > 100)
        assert host.greeting.chip in ("lsm6dso32", "none")


def test_nothing_on_the_bus(virtual: Callable[..., VirtualPod]) -> None:
    from retropod.virtual.pod import VirtualBoard

    with client(virtual(board=VirtualBoard(address=0x1C))) as host:
        assert host.greeting.chip == "none"
        assert host.status().state == "sensor_missing"
        assert host.status().samples == 0
        assert [fault.code for fault in host.faults()] == ["sensor_missing"]
        with pytest.raises(PodRefused) as refusal:
            host.mount("learn")
        assert refusal.value.code == "sensor_missing"


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        ({"kind": "brownout"}, {"sensor_reset"}),
        ({"kind": "nack", "for_ms": 400}, {"sensor_lost"}),
        ({"kind": "stuck", "level": 1, "for_ms": 400}, {"sensor_lost"}),
        ({"kind": "stuck", "level": 0, "for_ms": 400}, {"sensor_lost", "bus_stuck"}),
        ({"kind": "overrun", "slots": 21}, set()),
    ],
)
def test_every_sample_is_accounted_for(
    virtual: Callable[..., VirtualPod], walk: Source, fault: dict[str, Any], codes: set[str]
) -> None:
    pod = virtual(walk, speed="max", faults=[{**fault, "at_s": 15.0}])
    with client(pod) as host:
        until(lambda: host.status().uptime_s >= 40, 60)
        status = host.status()
        found = {entry.code for entry in host.faults()}
    assert found <= codes and bool(found) == bool(codes)
    assert status.samples_lost > 20
    seconds = status.seconds("uptime")
    assert seconds is not None
    # the time base holds: samples taken and lost together equal the count of the chip's clock since its start
    total = (status.samples + status.samples_lost) / 416.6875
    assert total == pytest.approx(seconds - 0.3, abs=0.1)
    if fault["kind"] == "overrun":
        assert status.samples_lost == 21
        assert status.fifo_overruns >= 1


def test_skip_pin_keeps_the_app_from_starting(virtual: Callable[..., VirtualPod]) -> None:
    from retropod.virtual.pod import VirtualBoard

    pod = virtual(board=VirtualBoard(pins={"13": 0}))
    assert mpremote(pod, "resume", "exec", "print(6*7)") == "42"


WRONG_PINS = [("sda", 35), ("sda", 24), ("scl", 48), ("skip_pin", 24), ("skip_pin", 6), ("led_pin", 1)]


@pytest.mark.parametrize(("name", "pin"), WRONG_PINS)
def test_a_wrong_pin_is_refused_or_ignored(virtual: Callable[..., VirtualPod], name: str, pin: int) -> None:
    """Pins that an ESP32 does not have, that can only be inputs, or that flash and console use."""
    pod = virtual()
    with client(pod) as host, pytest.raises(PodRefused, match=f"change a setting: bad setting .{name}: GPIO {pin} of"):
        host.change(name, pin)
    write_settings(pod, {name: pin, "name": "kept"})  # by an earlier version
    with client(pod) as host:
        assert host.greeting.name == "kept"
        until(lambda: host.status().samples > 0)  # the pin of the board is used instead
        assert host.settings("pins")[name] == {"sda": 21, "scl": 22, "skip_pin": 13, "led_pin": 2}[name]
        assert [(fault.code, fault.text.split(":")[0]) for fault in host.faults()] == [("settings", f"{name} ignored")]


def test_two_uses_of_one_pin_are_reported(virtual: Callable[..., VirtualPod]) -> None:
    pod = virtual()
    write_settings(pod, {"led_pin": 27})
    with client(pod) as host:
        assert [fault.text for fault in host.faults()] == ["led_pin and wake_pin both use GPIO 27"]


SLOW_BUSES = [  # i2c_hz, rate_hz, the rate that the pod runs at
    (100_000, 833, 416),
    (50_000, 416, 208),
    (25_000, 833, 104),
    (10_000, 104, 0),
]


@pytest.mark.parametrize(("i2c_hz", "rate_hz", "runs_hz"), SLOW_BUSES)
def test_a_bus_that_is_too_slow_does_not_silence_the_pod(
    virtual: Callable[..., VirtualPod], i2c_hz: int, rate_hz: int, runs_hz: int
) -> None:
    """Settings of an earlier version: the pod runs at a rate that the bus carries, or not at all, and says so."""
    pod = virtual()
    write_settings(pod, {"i2c_hz": i2c_hz, "rate_hz": rate_hz})
    with client(pod) as host:
        until(lambda: host.faults())
        assert [fault.code for fault in host.faults()] == ["sensor_fifo"]
        text = f"i2c_hz {i2c_hz} does not carry rate_hz {rate_hz}: it runs at {runs_hz} Hz"
        assert host.faults()[0].text == (text if runs_hz else "i2c_hz 10000 carries no rate: at least 21000")
        if runs_hz:
            until(lambda: host.status().samples > 0)
            assert host.status().raw["rate_mhz"] == pytest.approx(runs_hz * 1000, rel=0.01)
        else:
            assert host.status().state == "sensor_missing"
        host.change("i2c_hz", 400_000)
        host.restart()
        boots = host.greeting.boot_count
        until(lambda: host.await_hello(60.0).boot_count > boots)
        until(lambda: host.status().samples > 0)
        assert host.status().raw["rate_mhz"] == pytest.approx(rate_hz * 1000, rel=0.01)


def test_a_host_that_greets_too_early_does_not_stop_the_start(
    virtual: Callable[..., VirtualPod], tmp_path: Path
) -> None:
    """While the app is being loaded the board takes a byte 3 for Ctrl-C, and any frame may hold one."""
    slow = "import time\n\ntime.sleep_ms(700)\nprint('loading')\ntime.sleep_ms(700)"
    pod = virtual(firmware=with_fault(tmp_path, "clock/clock.py", slow))
    with serial.Serial(pod.url, timeout=5.0) as port:
        assert b"loading" in port.read_until(b"loading")
        port.write(frames.build(schema.STATUS_GET, 3, b"\x03"))
        time.sleep(0.1)
    with client(pod) as host:
        assert host.greeting.boot_count == 1


def test_mpremote_gets_in_and_the_app_comes_back(virtual: Callable[..., VirtualPod]) -> None:
    pod = virtual()
    with client(pod) as host:
        host.record("start")
    listing = mpremote(pod, "exec", "import os; print(os.listdir('/runs'))")
    assert "000001.run" in listing
    mpremote(pod, "soft-reset")
    mpremote(pod, "resume", "reset")
    with client(pod) as host:
        assert host.status().run == 0  # the request of mpremote closed the run in order
        _, messages = stored(host, 1)
        assert messages[-1][1].kind == "stopped"


def test_a_flash_that_cannot_be_written_is_a_fault_and_no_end(virtual: Callable[..., VirtualPod]) -> None:
    pod = virtual()
    with client(pod) as host:
        host.change("name", "x")
    mpremote(pod, "exec", "import os; os.remove('/boot_count'); os.mkdir('/boot_count')")
    mpremote(pod, "resume", "reset")
    with client(pod) as host:
        assert [fault.code for fault in host.faults()] == ["storage"]
        assert host.greeting.name == "x"


def test_exception_is_stored_and_the_pod_restarts(
    virtual: Callable[..., VirtualPod], repo_root: Path, tmp_path: Path
) -> None:
    bomb = "def bomb(*_):\n    raise ValueError('bomb')\n\n\nDeviceRequests._status_values = bomb"
    pod = virtual(firmware=with_fault(tmp_path, "link/requests_device.py", bomb))
    with client(pod) as host:
        host.record("start")
        with pytest.raises(NoAnswer):
            host.connection.ask(StatusGetMessage(), StatusMessage, Patience(attempts=1))
        assert host.await_hello(10).boot_count == 2
        (fault,) = host.faults()
        assert fault.code == "exception" and "bomb" in fault.text and "requests_device" in fault.text
        assert host.record("lap") == 2  # the run goes on


def test_app_that_crashes_at_every_start_rests_in_the_repl(virtual: Callable[..., VirtualPod], tmp_path: Path) -> None:
    bomb = "Sampler.step = lambda self: 1 // 0"
    pod = virtual(firmware=with_fault(tmp_path, "sampling/sampler.py", bomb))
    until(lambda: pod.log_text().count("the processor stopped") >= 2)
    with plugged(pod.url) as cable:  # The third start ends in the REPL.
        cable.port.write(b"\r")
        cable.until(b">>> ", 60.0)
    assert mpremote(pod, "resume", "exec", "print(open('/boot_count').read())") == "3"


_IMPORT = """
try:
    from pod import app
except ImportError as error:
    print(error)
"""


@pytest.mark.parametrize("module", ["clock/clock.py", "link/session.py"])
def test_app_that_cannot_be_imported_leaves_the_repl(
    virtual: Callable[..., VirtualPod], tmp_path: Path, module: str
) -> None:
    """The import of the app loads all its modules: main.py starts the watchdog of a trial only after it."""
    pod = virtual(firmware=with_fault(tmp_path, module, "import nonsense"))
    assert mpremote(pod, "resume", "exec", "print(6*7)") == "42"
    assert "nonsense" in mpremote(pod, "resume", "exec", _IMPORT)


def random_request(draw: random.Random) -> tuple[int, bytes]:
    """A message that some host might send, by mistake or not; only a restart is left out."""
    message = draw.choice([number for number in range(0x40, 0x70) if number != schema.RESTART])
    if message in (schema.SETTING_SET, schema.SETTING_GET):
        name = draw.choice([b"name=", b"rate_hz=", b"chip=", b"", b"="])
        return message, b"\x05" + name + draw.choice([b"1", b"[]", b'"a"', b"null", b"\xff\xfe", b"1e999", b"{"])
    size = wire.codec.size(message) if wire.codec.known(message) else 8
    length = min(draw.choice([size, size, draw.randrange(50)]), 50)
    letters: Any = draw.choice([range(256), (0, 0, 1, 2, 3, 255)])
    return message, bytes(draw.choices(letters, k=length))


def test_no_request_brings_the_pod_down(virtual: Callable[..., VirtualPod]) -> None:
    draw = random.Random(1)
    with client(virtual()) as host:
        for count in range(1500):
            host.connection.transmit(*random_request(draw))
            if count % 4 == 0:
                time.sleep(0.012)
        time.sleep(1.0)
        assert host.hello().boot_count == 1
        assert "exception" not in {fault.code for fault in host.faults()}
