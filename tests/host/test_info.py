"""Texts and JSON of `info` and `list`: unknown values, counts and units."""

from typing import Any

from retropod.cli import info, listing
from retropod.client.discover import Found
from retropod.client.messages import FaultMessage, HelloMessage, StatusMessage
from retropod.transport.ports import PortInfo

HELLO = HelloMessage(device_id="aa", name="left", chip="lsm6dso32", capabilities=("gyroscope",), boot_count=1)
PORT = PortInfo("p", "", "")
KNOWN: dict[str, Any] = {
    "uptime_s": 3, "uptime_ms": 0.436, "epoch_s": 1_700_000_000, "epoch_ms": 0.25, "battery_mv": 3.71,
    "battery_percent": 60, "storage_free_kb": 2, "storage_total_kb": 4, "minutes_left": 3, "rate_mhz": 416.7,
    "heap_free_kb": 1, "temperature_cc": 28.5, "clock_state": "synced",
}  # fmt: skip


def shown(status: StatusMessage, hello: HelloMessage = HELLO) -> dict[str, str]:
    return dict([*info._identity(hello), *info._state(status), *info._link(status)])


def test_unknown_values_are_dashes() -> None:
    texts = shown(StatusMessage(), HelloMessage(device_id="aa"))
    for name in ("foot", "sensor", "battery", "temperature", "sample rate", "heap"):
        assert texts[name] == "-", name
    assert texts["uptime"].startswith("-")
    assert texts["storage"].startswith("- of - kB free, 0 runs")
    assert listing._row(Found(PORT, HELLO, None, StatusMessage()))[4:8] == ["-", "idle", "-", "-"]
    assert listing._row(Found(PORT, HELLO, None))[5:8] == ["-", "-", "-"]


def test_counts_have_the_right_number() -> None:
    one = shown(StatusMessage(state="recording", run=1, strides=1, runs=1, fifo_overruns=1, frames_dropped=1,
                              values_clamped=1, minutes_left=1))  # fmt: skip
    assert one["state"].startswith("recording run 1, 1 stride since")
    assert one["storage"].endswith("about 1 minute of running, 1 run")
    assert one["samples"].endswith("1 FIFO overrun")
    assert one["link"] == "1 frame dropped, 0 damaged, 1 value clamped"
    two = shown(StatusMessage(state="recording", run=1, strides=2, runs=2, minutes_left=2))
    assert "2 strides" in two["state"]
    assert two["storage"].endswith("about 2 minutes of running, 2 runs")


def test_json_has_si_units() -> None:
    fault = FaultMessage(boot=1, uptime_s=7, code="watchdog", text="hung")
    said = info.as_json(PORT, HELLO, StatusMessage(**KNOWN), [fault])
    status = said["status"]
    assert status["uptime_s"] == 3.436
    assert status["epoch_s"] == 1_700_000_000.25
    assert status["battery_v"] == 3.71
    assert status["storage_free_bytes"] == 2048
    assert status["storage_total_bytes"] == 4096
    assert status["storage_left_s"] == 180
    assert status["rate_hz"] == 416.7
    assert status["heap_free_bytes"] == 1024
    assert status["temperature_degc"] == 28.5
    assert said["faults"] == [{"boot": 1, "uptime_s": 7, "code": "watchdog", "text": "hung"}]


def test_unknown_values_are_null_in_json() -> None:
    said = info.as_json(PORT, HELLO, StatusMessage(run=0, started_by="nobody"), [])
    unknown = {name for name, value in said["status"].items() if value is None}
    assert unknown == {
        "uptime_s", "epoch_s", "battery_v", "battery_percent", "storage_free_bytes", "storage_total_bytes",
        "storage_left_s", "run", "started_by", "rate_hz", "heap_free_bytes", "temperature_degc",
    }  # fmt: skip
    assert said["pod"]["side"] is None
    listed = listing._json(Found(PortInfo("p", "", "virtual pod", True), HELLO, None, StatusMessage(**KNOWN)))
    assert listed["bridge"] is None
    assert listed["virtual"]
    assert (listed["pod"]["battery_v"], listed["pod"]["storage_left_s"]) == (3.71, 180)
    assert listing._json(Found(PORT, HELLO, None))["pod"]["state"] is None
