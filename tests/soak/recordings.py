"""Samples lost: while hosts query a pod that records, when a run starts automatically, after the start of the app."""

import itertools
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from retropod.runs import reader, samples
from retropod.runs.download import download
from retropod.runs.store import Store
from retropod.virtual.pod import VirtualPod
from soak.pods import Commands, await_ready, client, still_pod, stored_runs
from soak.verdict import Verdict

FAMILIES = (("lsm6dso32", 416), ("mpu6050", 200), ("mpu6500", 200), ("adxl345", 200))
QUERIES = (("info",), ("runs",), ("config", "get"), ("doctor",), ("download", "1"))
_SLOW_S = 5.0  # a command but `doctor` that took longer is reported with the pod's work during that time
_STORED_BLOCKS = 100  # of the run that is downloaded: 20 kB, 2 s on the line
_SETTLED_S = 2.0  # after the start of the app
_AUTOMATIC_S = 20.0  # the model stands for 2 s; the sixth stride, which starts the run, ends after 9 s


@dataclass
class Account:
    """Lost samples by three sources: the chip model, the pod's status, the downloaded run."""

    chip_lost: int = 0
    chip_overruns: int = 0
    longest_gap_s: float = 0.0
    pod_lost: int = 0
    pod_overruns: int = 0
    taken: int = 0
    run_lost: int = 0
    run_samples: int = 0
    strides: int = 0
    commands: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    slowest_s: dict[str, float] = field(default_factory=dict)
    slow: list[str] = field(default_factory=list)
    state: str = ""

    @property
    def lost(self) -> int:
        """The largest number of the three."""
        return max(self.chip_lost, self.pod_lost, self.run_lost)

    def read_chip(self, virtual: VirtualPod) -> None:
        """Add the counts of the chip model since the last call."""
        stats = virtual.fifo_stats()
        self.chip_lost += int(stats["lost"])
        self.chip_overruns += int(stats["overruns"])
        self.longest_gap_s = max(self.longest_gap_s, stats["longest_gap_s"])

    def read_pod(self, virtual: VirtualPod) -> None:
        """Store the counts of the pod since its start."""
        with client(virtual) as pod:
            status = pod.status()
        self.pod_lost, self.pod_overruns = status.samples_lost, status.fifo_overruns
        self.taken, self.state = status.samples, str(status.state)

    def read_run(self, virtual: VirtualPod, run: int, folder: Path) -> None:
        """Download the run and look for samples, strides and blocks that are missing in it."""
        with client(virtual) as pod:
            stored = reader.read(download(pod, Store(folder / "judged"), run).path)
        self.strides = len(stored.strides)
        self.run_lost = stored.missing + sum(event.a for event in stored.events if event.kind == "samples_lost")
        for one, other in itertools.pairwise(stored.strides):
            self.run_lost += other.number != one.number + 1
        if stored.raw:
            index = samples.decode(stored.raw).index
            self.run_samples = len(index)
            self.run_lost += int(index[-1] - index[0]) + 1 - len(index)

    def judge(self, verdict: Verdict) -> None:
        """Compare with the criteria."""
        verdict.note(f"{self.taken:,} samples")
        verdict.most("lost by the chip", self.chip_lost, 0)
        verdict.most("by the pod's status", self.pod_lost, 0)
        verdict.most("in the run", self.run_lost, 0)
        verdict.most("overruns", max(self.chip_overruns, self.pod_overruns), 0)
        verdict.note(f"longest FIFO gap {self.longest_gap_s * 1000:.0f} ms")
        verdict.note(f"{self.strides} strides")


def busy(folder: Path, seconds: float, chip: str, rate_hz: int, raw: bool) -> Account:
    """Record for `seconds` while a host repeats all of QUERIES without pause."""
    account = Account()
    files = stored_runs(1, _STORED_BLOCKS)
    with still_pod(folder, seconds + 30.0, chip, files, rate_hz=rate_hz) as virtual:
        cli = Commands(virtual.url, folder)
        virtual.fifo_stats()  # the chip went on while the pod restarted for its settings
        with client(virtual) as pod:
            run = pod.record("start", *(("strides", "raw") if raw else ("strides",)))
        virtual.go()
        end = time.monotonic() + seconds
        for turn, query in enumerate(itertools.cycle(QUERIES)):
            if time.monotonic() > end:
                break
            name, before = query[0], virtual.time_spent()
            ran = cli(*query, store=f"store{turn}")
            if ran.seconds > _SLOW_S and name != "doctor":
                spent = ", ".join(f"{key} {value - before[key]:.2f}" for key, value in virtual.time_spent().items())
                account.slow.append(f"{name} took {ran.seconds:.1f} s, {end - time.monotonic():.0f} s left: {spent}")
            account.commands[name] += 1
            account.slowest_s[name] = max(account.slowest_s.get(name, 0.0), ran.seconds)
            if ran.code and name != "doctor":  # which says 1 when it warns of the pod in motion
                account.failed.append(f"{' '.join(query)}: exit {ran.code}: {ran.out[-200:]}")
        account.read_pod(virtual)
        with client(virtual) as pod:
            pod.record("stop")
        account.read_chip(virtual)
        account.read_run(virtual, run, folder)
        account.read_chip(virtual)
    return account


def recording(folder: Path, minutes: float, chip: str, rate_hz: int, raw: bool) -> Verdict:
    """Criteria a and b."""
    account = busy(folder, minutes * 60, chip, rate_hz, raw)
    verdict = Verdict(f"recording {chip} {rate_hz} Hz{' raw' if raw else ''}, {minutes:g} min")
    account.judge(verdict)
    counts = ", ".join(f"{count} {name}" for name, count in account.commands.items())
    slowest = ", ".join(f"{name} {seconds:.2f}" for name, seconds in account.slowest_s.items())
    verdict.note(f"while {counts} (slowest, s: {slowest})")
    verdict.need(f"the pod ended as {account.state}", account.state == "recording")
    for slow in account.slow:
        verdict.note(slow)
    verdict.need("; ".join(account.failed[:3]), not account.failed)
    verdict.need(
        f"only {account.run_samples} raw samples in the run",
        not raw or account.run_samples > 0.97 * minutes * 60 * rate_hz,
    )
    return verdict


def start(folder: Path, chip: str, rate_hz: int, seconds: float = _AUTOMATIC_S) -> Verdict:
    """Criterion c: a run that starts automatically, on a pod without a host since its power-on."""
    verdict = Verdict(f"automatic start {chip} {rate_hz} Hz")
    app, run = Account(), Account()
    with still_pod(folder, seconds + 10.0, chip, rate_hz=rate_hz) as virtual:
        virtual.kill()
        virtual.power_on()
        await_ready(virtual)
        time.sleep(_SETTLED_S)
        app.read_chip(virtual)
        virtual.go()
        time.sleep(seconds)
        run.read_chip(virtual)
        run.read_pod(virtual)
        with client(virtual) as pod:
            status = pod.status()
            pod.record("stop")
        run.read_chip(virtual)
        run.read_run(virtual, status.run, folder)
    verdict.most("lost after the start of the app", app.chip_lost, 0)
    verdict.note(f"longest FIFO gap {app.longest_gap_s * 1000:.0f} ms, then")
    run.judge(verdict)
    verdict.need(
        f"the pod is {status.state}, started by {status.started_by}",
        (status.state, status.started_by) == ("recording", "strides"),
    )
    return verdict
