"""How many requests each command sends, also when the pod needs 60 ms for each answer."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from click.testing import CliRunner

from retropod.cli.commands import cli
from retropod.client import wire
from retropod.client.connection import Connection
from retropod.client.pod import Pod
from retropod.transport.serial import SerialTransport
from retropod.virtual.pod import VirtualPod

ANSWER_S = 0.06  # the median that a pod on an ESP32 is to need


class Counting:
    """Runs commands in this process and counts their requests by name. `slow`: delay everything that the pod sends."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.url = url
        self.asked: Counter[str] = Counter()
        self.slow = False
        self._late: SimpleQueue[tuple[float, Callable[[], None]] | None] = SimpleQueue()
        transmit, received = Connection.transmit, Connection._received

        def counted(connection: Connection, number: int, payload: bytes) -> int:
            self.asked[wire.layouts()[number].name] += 1
            return transmit(connection, number, payload)

        def delayed(connection: Connection, data: bytes) -> None:
            if self.slow:
                self._late.put((time.monotonic() + ANSWER_S, lambda: received(connection, data)))
            else:
                received(connection, data)

        monkeypatch.setattr(Connection, "transmit", counted)
        monkeypatch.setattr(Connection, "_received", delayed)

    def deliver(self) -> None:
        """Pass on the bytes that the pod sent `ANSWER_S` ago, in a thread, until an item is None."""
        while (item := self._late.get()) is not None:
            due_s, deliver = item
            time.sleep(max(due_s - time.monotonic(), 0.0))
            deliver()

    def end(self) -> None:
        """Stop `deliver`."""
        self._late.put(None)

    def __call__(self, *arguments: str) -> Counter[str]:
        self.asked.clear()
        ran = CliRunner().invoke(cli, ["--port", self.url, *arguments])
        assert ran.exit_code == 0, ran.output
        return Counter(self.asked)


@pytest.fixture
def counting(micropython: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counting]:
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path / "store"))
    with VirtualPod(tmp_path / "pod") as pod:
        with Pod(SerialTransport(pod.url)) as client:
            client.record("start")
            client.record("stop")
        counting = Counting(pod.url, monkeypatch)
        thread = threading.Thread(target=counting.deliver, daemon=True)
        thread.start()
        yield counting
        counting.end()
        thread.join()


# command: the most requests of each name. Time: one exchange, as the first is good enough here, and the setting.
MOST: dict[tuple[str, ...], dict[str, int]] = {
    ("info",): {"hello_get": 1, "status_get": 1, "setting_get": 1},
    ("--json", "info"): {"hello_get": 1, "status_get": 1},
    ("runs",): {"hello_get": 1, "run_list": 1},
    ("config", "get"): {"hello_get": 1, "setting_get": 1},
    ("config", "get", "wearer"): {"hello_get": 1, "setting_get": 1},
    ("config", "set", "wearer", "me"): {"hello_get": 1, "setting_get": 1, "setting_set": 1},
    ("time", "sync"): {"hello_get": 1, "time_set": 9},
    ("record", "start"): {"hello_get": 1, "time_set": 2, "record": 1, "status_get": 1},
    ("record", "lap"): {"hello_get": 1, "record": 1},
    ("record", "stop"): {"hello_get": 1, "status_get": 1, "time_set": 2, "record": 1},
    ("live", "--seconds", "0.3"): {"hello_get": 1, "stream": 2, "time_set": 2},
    ("download", "1"): {"hello_get": 1, "time_set": 2, "run_list": 1, "digest_get": 1, "run_read": 1},
    ("erase", "1"): {"hello_get": 1, "run_list": 1, "run_erase": 1},
    # this pod has just started: its rate is known after 10 s, and a pause of 6 s is worth a repeat
    ("doctor",): {"hello_get": 4, "status_get": 2, "setting_get": 1, "check_get": 3},
}


def over(asked: Counter[str], most: dict[str, int]) -> dict[str, Any]:
    return {name: (count, most.get(name, 0)) for name, count in asked.items() if count > most.get(name, 0)}


def test_no_command_sends_more_requests_than_it_needs(counting: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retropod.client.timesync._ENOUGH_S", 0.5)  # also on a busy machine
    for command, most in MOST.items():
        asked = counting(*command)
        assert over(asked, most) == {}, command


def test_commands_repeat_nothing_with_a_pod_that_needs_60_ms(
    counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retropod.doctor.answering.own_tests", lambda pod: iter(()))  # the pod's own time
    counting.slow = True
    for command in (("info",), ("config", "get"), ("runs",), ("doctor",)):
        asked = counting(*command)
        assert over(asked, MOST[command]) == {}, "something was repeated"
