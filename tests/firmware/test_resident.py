"""Accesses of the running app to the flash, counted on a virtual pod with the costs of an ESP32."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from firmware.podlife import IDENTITY, client, until
from firmware.test_untethered import made_of
from retropod.client.messages import DoneMessage, StreamMessage
from retropod.client.pod import Pod
from retropod.client.refusals import PodRefused
from retropod.doctor.answering import own_tests
from retropod.virtual import builtapp
from retropod.virtual.pod import VirtualBoard, VirtualPod
from tools import mpy

READY_S = 120.0
# Requests that a host sends every few seconds. They may open the run that is asked for, and no other file.
EVERYDAY: dict[str, Callable[[Pod], Any]] = {
    "hello": lambda host: host.hello(),
    "status": lambda host: host.status(),
    "settings": lambda host: host.settings(),
    "one setting": lambda host: host.settings("name"),
    "run list": lambda host: host.runs(),
    "run read": lambda host: list(host.read_run(1, 0, 600)),
    "digest": lambda host: host.digest(1),
    "stream": lambda host: host.connection.ask(StreamMessage(what=("strides", "events"), lease_ms=100.0), DoneMessage),
    "lap": lambda host: host.record("lap"),
    "time": lambda host: host.set_time(1_750_000_000.0, 0.01),
    "mount": lambda host: host.mount("query"),
    "faults": lambda host: host.faults(),
}


def machine_code() -> set[str]:
    """Return the import names of the modules with machine code."""
    folder = builtapp.folder()
    native = [path for path in folder.rglob("*.mpy") if mpy.read(path.read_bytes()).native]
    return {path.relative_to(folder).as_posix().removesuffix(".mpy").replace("/", ".") for path in native}


def ready(pod: VirtualPod) -> VirtualPod:
    assert pod.wait_ready(READY_S)
    return pod


def test_everyday_requests_load_nothing(virtual: Callable[..., VirtualPod], walk: Any) -> None:
    pod = ready(virtual(walk, cost="esp32"))
    with client(pod) as host:
        host.record("start", "strides", "raw", "events")
        host.record("stop")
        host.record("start", "strides", "events")
        for name, request in EVERYDAY.items():
            time.sleep(0.1)
            pod.counts()
            request(host)
            found = pod.counts()
            assert found["imports"] == [], name
            assert {path for path in found["opens"] if not path.startswith("/runs/")} == set(), name
            assert found["listdirs"] <= (name == "run list"), name
            assert found["lookups"] <= len(found["opens"]), name


@pytest.mark.parametrize("raw", [False, True])
def test_a_start_of_a_recording_creates_its_file_and_no_more(
    virtual: Callable[..., VirtualPod], walk: Any, raw: bool
) -> None:
    pod = ready(virtual(walk, cost="esp32"))
    with client(pod) as host:
        until(lambda: host.status().samples > 500)
        pod.counts()
        run = host.record("start", "strides", "events", *(["raw"] if raw else []))
        found = pod.counts()
        assert (found["imports"], found["listdirs"], found["changes"]) == ([], 0, 0)
        assert found["opens"] == [f"/runs/{run:06d}.run"] and found["lookups"] <= 1
        assert pod.fifo_stats()["lost"] == 0


def test_an_automatic_run_loads_nothing_and_loses_nothing(virtual: Callable[..., VirtualPod]) -> None:
    """No host may have spoken for half a minute."""
    source = made_of(("stand", 36), ("walk", 24))
    pod = ready(virtual(source, cost="esp32", speed=3.0, hold="still"))
    with client(pod) as host:
        host.mount("given", IDENTITY)
    pod.go()
    pod.counts()
    pod.fifo_stats()
    opened: list[str] = []

    def begun() -> bool:
        found = pod.counts()
        assert (found["imports"], found["listdirs"]) == ([], 0)
        opened.extend(found["opens"])
        return bool(opened)

    until(begun, 40.0)
    time.sleep(1.0)
    assert set(opened) == {"/runs/000001.run"} and pod.fifo_stats()["lost"] == 0
    with client(pod) as host:
        status = host.status()
        assert (status.run, status.started_by, status.samples_lost) == (1, "strides", 0)


def test_machine_code_is_loaded_at_the_start(virtual: Callable[..., VirtualPod], walk: Any) -> None:
    """Whatever a host asks for, nothing that is loaded then holds machine code: later there may be no room for it."""
    pod = ready(virtual(walk, cost="esp32"))
    assert machine_code() & set(pod.counts()["imports"]) > {"pod._kernel_rice", "pod._kernel"}
    with client(pod) as host:
        for request in EVERYDAY.values():
            if request is not EVERYDAY["run read"] and request is not EVERYDAY["digest"]:
                try:
                    request(host)
                except PodRefused as refusal:
                    assert "recording" in str(refusal)  # no run is open
        assert len(list(own_tests(host))) > 10
        host.mount("learn")
        host.mount("cancel")
        host.change("wearer", "Ada")
        if host.status().run:  # a walking pod without a host may start a run automatically
            host.record("stop")
        host.record("start", "strides", "raw", "events")
        time.sleep(1.0)
        host.record("stop")
        late = set(pod.counts()["imports"])
    assert {
        "pod.check",
        "pod.check_state",
        "pod.check_rest",
        "pod.mounting",
        "pod.settingschange",
        "retrowire.settingrows",
    } <= late
    assert late & machine_code() == set()


def test_without_a_sensor_all_machine_code_is_loaded(virtual: Callable[..., VirtualPod]) -> None:
    """It is not known yet which one will come, and then it may be too late."""
    pod = ready(virtual(None, board=VirtualBoard(address=0x1C), cost="esp32"))
    assert machine_code() <= set(pod.counts()["imports"])
