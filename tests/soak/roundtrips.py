"""Times that a host waits: for a request, for a start, for `info`, `runs` and `doctor`."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from retropod.client.messages import DoneMessage, HelloGetMessage, HelloMessage, StreamMessage
from retropod.client.pod import Pod
from retropod.virtual.pod import VirtualPod
from soak.pods import Commands, await_ready, client, still_pod, stored_runs
from soak.verdict import Verdict, median, p99

MANY = 200  # stored runs
_READ_BYTES = 200
_LIST = "settings"
_FEW = 10  # stored runs up to which the run list counts as an everyday request


@dataclass
class Times:
    """Seconds by request, and of noticeable waits. `start_s`, `runs_s` and `busy_runs_s` are time of the pod."""

    requests: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    start_s: list[float] = field(default_factory=list)
    info_s: list[float] = field(default_factory=list)
    doctor_s: list[float] = field(default_factory=list)
    runs_s: float = 0.0
    busy_runs_s: float = 0.0
    samples_lost: int = 0
    overruns: int = 0

    @property
    def trips_ms(self) -> list[float]:
        """All round trips, without the list of all settings: that is 30 answers to one request."""
        return [1000 * trip for name, trips in self.requests.items() if name != _LIST for trip in trips]

    @property
    def list_ms(self) -> list[float]:
        """Times of the list of all settings."""
        return [1000 * trip for trip in self.requests[_LIST]]


def _everyday(run: int) -> dict[str, Callable[[Pod], object]]:
    """Every request once; a list counts until it is complete."""
    return {
        "hello": lambda pod: pod.connection.ask(HelloGetMessage(minor=pod.connection.minor), HelloMessage),
        "status": lambda pod: pod.status(),
        "setting": lambda pod: pod.settings("wearer"),
        _LIST: lambda pod: pod.settings(),
        "runs": lambda pod: pod.runs(),
        "read": lambda pod: list(pod.read_run(run, 0, _READ_BYTES)),
        "mount": lambda pod: pod.mount(),
        "faults": lambda pod: pod.faults(),
        "time": lambda pod: pod.set_time(time.time(), None),
        "stream": lambda pod: pod.connection.ask(StreamMessage(what=("strides",), lease_ms=2.0), DoneMessage),
        "stream end": lambda pod: pod.connection.ask(StreamMessage(what=("strides",), lease_ms=0.0), DoneMessage),
    }


def start_s(virtual: VirtualPod) -> float:
    """Reset the pod; return the time from its first line of Python to its first answer, in s of its own time."""
    virtual.reset()
    await_ready(virtual)
    with client(virtual):
        return virtual.time_spent()["all_s"]


def measure(folder: Path, seconds: float, runs: int, starts: int = 3, doctor: bool = True) -> Times:
    """Starts, then requests in turn for `seconds`, walking, raw recording on, with `runs` stored runs."""
    times = Times()
    with still_pod(folder, seconds + 60.0, files=stored_runs(runs)) as virtual:
        times.start_s = [start_s(virtual) for _ in range(starts)]
        with client(virtual) as pod:
            run = pod.record("start", "strides", "raw")
            virtual.go()
            virtual.fifo_stats()
            everyday = _everyday(1 if runs else run)
            if runs > _FEW:
                del everyday["runs"]
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                for name, request in everyday.items():
                    began = time.monotonic()
                    request(pod)
                    times.requests[name].append(time.monotonic() - began)
        cli = Commands(virtual.url, folder)
        times.info_s = [cli("info").seconds for _ in range(3)]
        times.doctor_s = [cli("doctor").seconds] if doctor else []
        times.busy_runs_s = _runs_s(virtual, cli)
        stats = virtual.fifo_stats()
        times.samples_lost, times.overruns = int(stats["lost"]), int(stats["overruns"])
        cli("record", "stop")
        times.runs_s = _runs_s(virtual, cli)
    return times


def _runs_s(virtual: VirtualPod, cli: Commands) -> float:
    """Time of `retropod runs` in s of the pod's time, in which a busy machine counts for nothing."""
    before = virtual.time_spent()["all_s"]
    cli("runs")
    return virtual.time_spent()["all_s"] - before


def trips(folder: Path, minutes: float, runs: int) -> Verdict:
    """Criterion d."""
    times = measure(folder, minutes * 60, runs)
    verdict = Verdict(f"round trips, {runs} stored runs, walking, raw recording, {minutes:g} min")
    verdict.note(f"{len(times.trips_ms)} requests")
    verdict.most("median", median(times.trips_ms), 60.0, "ms")
    verdict.most("p99", p99(times.trips_ms), 250.0, "ms")
    verdict.note(f"p99 with the list of all settings {p99(times.trips_ms + times.list_ms):.0f} ms")
    slowest = ", ".join(
        f"{name} {1000 * median(trips):.0f}/{1000 * max(trips):.0f}" for name, trips in times.requests.items()
    )
    verdict.note(f"median/largest in ms: {slowest}")
    verdict.most("start", max(times.start_s), 3.0, "s")
    verdict.most("info", max(times.info_s), 1.0, "s")
    verdict.most("runs", times.runs_s, 10.0, "s")
    verdict.note(f"{times.busy_runs_s:.3g} s while it records")
    verdict.most("doctor", max(times.doctor_s), 8.0, "s")
    verdict.most("samples lost", times.samples_lost, 0)
    verdict.most("overruns", times.overruns, 0)
    return verdict
