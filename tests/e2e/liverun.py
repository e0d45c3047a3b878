"""`retropod live --keep --json` in a process of its own, while its cable, its computer and its pod are interrupted."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retropod.runs import reader
from retropod.virtual.pod import VirtualPod
from torture.line import BadLine, Rates

_LIMIT_S = 60.0  # of a wait
Line = dict[str, Any]


class Cable:
    """A cable with a constant name at the computer, which can be pulled."""

    def __init__(self, pod: str, folder: Path) -> None:
        self._line = BadLine(pod, 0, Rates())
        self._path = folder / "cable"
        self.url = str(self._path)
        self._link()

    def _link(self) -> None:
        self._path.symlink_to(self._line.url)

    def pull(self) -> None:
        self._path.unlink()
        self._line.pull()

    def plug(self) -> None:
        self._line.plug()
        self._link()

    def close(self) -> None:
        self._line.close()


class LiveRun:
    """The process and its lines so far."""

    def __init__(self, port: str, store: Path) -> None:
        environment = os.environ | {"RETROPOD_RUNS": str(store), "XDG_STATE_HOME": str(store.parent / "state")}
        command = "import sys; from retropod.cli import main; sys.exit(main())"
        self.process = subprocess.Popen(
            [sys.executable, "-c", command, "live", "--json", "--keep", "--port", port],
            stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        self.lines: list[Line] = []
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout
        for text in self.process.stdout:
            with self._news:
                self.lines.append(json.loads(text))
                self._news.notify_all()

    def until(self, wanted: Callable[[list[Line]], bool], begin: int) -> int:
        """Wait until the lines from `begin` on are as wanted. Return the number of lines."""
        with self._news:
            good = self._news.wait_for(lambda: wanted(self.lines[begin:]), _LIMIT_S)
            assert good, self.lines[-5:]
            return len(self.lines)

    def await_strides(self, count: int, begin: int) -> int:
        """Wait for a number of strides after the line `begin`."""
        return self.until(lambda lines: len(of_type(lines, "stride")) >= count, begin)

    def await_type(self, name: str, begin: int) -> int:
        """Wait for a line of a type."""
        return self.until(lambda lines: bool(of_type(lines, name)), begin)

    def end(self) -> None:
        """Press Ctrl-C and read the rest."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(_LIMIT_S)
        self._thread.join(_LIMIT_S)

    def close(self) -> None:
        """End the process in any case."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()
        self._thread.join(_LIMIT_S)
        assert self.process.stdout
        self.process.stdout.close()


@dataclass
class Account:
    """Results of a session with interruptions. `unexplained`: missing strides without a line that counts them."""

    strides: int = 0
    missing: int = 0
    counted: int = 0
    unexplained: int = 0
    away_s: list[float] = field(default_factory=list)
    silent_s: list[float | None] = field(default_factory=list)
    runs: list[reader.Run] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def of_type(lines: list[Line], name: str) -> list[Line]:
    return [one for one in lines if one["type"] == name]


def interrupted(pod: VirtualPod, folder: Path, asleep_s: float, pulls: int) -> Account:
    """Stream a walking pod: stop the process for a time, pull the cable, reset the pod. Return the account."""
    cable = Cable(pod.url, folder)
    try:
        live = LiveRun(cable.url, folder / "store")
        try:
            _interrupt(live, cable, pod, asleep_s, pulls)
        finally:
            live.close()
    finally:
        cable.close()
    return account(live.lines)


def _interrupt(live: LiveRun, cable: Cable, pod: VirtualPod, asleep_s: float, pulls: int) -> None:
    at = live.await_strides(3, 0)
    live.process.send_signal(signal.SIGSTOP)
    time.sleep(asleep_s)  # the duration of the sleep, not a wait for an event
    live.process.send_signal(signal.SIGCONT)
    at = live.await_type("missing", at)
    for _ in range(pulls):
        at = live.await_strides(1, at)
        cable.pull()
        at = live.await_type("disconnected", at)
        cable.plug()
        at = live.await_type("reconnected", at)
    at = live.await_strides(2, at)
    pod.reset()
    at = live.await_type("restarted", at)
    live.await_strides(2, at)
    live.end()


def account(lines: list[Line]) -> Account:
    """Compare the strides with the reported gaps and the stored runs."""
    found = Account(
        away_s=[one["away_s"] for one in of_type(lines, "reconnected")],
        silent_s=[one["silent_s"] for one in of_type(lines, "restarted")],
    )
    boots: list[list[int]] = []
    for boot in _boots(lines):
        numbers = [one["number"] for one in of_type(boot, "stride")]
        between = [after - before - 1 for before, after in itertools.pairwise(numbers)]
        counted = sum(one["strides"] for one in of_type(boot, "missing"))
        found.strides += len(numbers)
        found.missing += sum(between)
        found.counted += counted
        found.unexplained += abs(sum(between) - counted)
        boots.append(numbers)
    end = lines[-1]
    found.runs = [reader.read(Path(path)) for path in end["kept"]]
    found.lost = [
        f"run {at} is not the strides of the stream"
        for at, (one, numbers) in enumerate(zip(found.runs, boots, strict=False), 1)
        if not (one.whole and one.ended and [stride.number for stride in one.strides] == numbers)
    ]
    if len(found.runs) != len(boots):
        found.lost.append(f"{len(found.runs)} runs of {len(boots)} boots")
    return found


def _boots(lines: list[Line]) -> Iterator[list[Line]]:
    boot: list[Line] = []
    for line in lines:
        if line["type"] == "restarted":
            yield boot
            boot = []
        boot.append(line)
    yield boot
