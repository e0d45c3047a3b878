"""Downloads over a bad cable, each with a cut, a freeze of the pod and a latency, all drawn from one seed."""

import random
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retropod.client.pod import Pod
from retropod.client.reconnect import ReconnectingPod
from retropod.errors import RetropodError
from retropod.replay.replay import IDENTITY
from retropod.runs.download import download
from retropod.runs.store import Store, digest
from retropod.transport.serial import SerialTransport
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.pod import VirtualPod
from retropod.virtual.source import Source
from torture.line import BadLine, Rates

CUTS = ("cable pulled", "pod reset", "line dead")
RESULTS = ("by itself", "one retry", "two retries", "failed", "wrong", "hung")
RETRIES = 2  # after an error, by hand
HANGS_S = 120.0  # A longer download counts as hung. It may wait for 20 s, three times.
_RETRY_S = 1.0  # until a person has tried again
_RUN_S = 9.0  # of raw samples: some 18 kB
_MOSTLY_SHORT = 4  # power of a uniform number: the median latency is 0.06 s, the mean 0.2 s


@dataclass(frozen=True)
class Trouble:
    """Troubles of one download: `cut` is one of CUTS or "", `freeze_s` of the pod, `latency_s` of each direction."""

    cut: str
    freeze_s: float
    latency_s: float


@dataclass
class Outcome:
    """One download. `result`: one of RESULTS."""

    seed: int
    trouble: Trouble
    result: str
    seconds: float
    faults: dict[str, int]
    error: str = ""


class Bench:
    """A virtual pod with one run of `size` bytes and the digest `sha256`, which was downloaded over a good cable."""

    def __init__(self, pod: VirtualPod, run: int, size: int, sha256: bytes) -> None:
        self.pod, self.run, self.size, self.sha256 = pod, run, size, sha256


def recorded(folder: Path, duration_s: float = _RUN_S, **settings: Any) -> Path:
    """Return the state of a virtual pod with one run of raw samples and these settings."""
    source = Source.from_movement(scenario("walk", 416.0, 5, duration_s=duration_s))
    with VirtualPod(folder / "pod", source, speed="max", hold=True) as pod:
        assert pod.wait_held(20)
        with Pod(SerialTransport(pod.url)) as client:
            client.mount("given", IDENTITY)
            for name, value in settings.items():
                client.change(name, value)
            client.record("start", "strides", "raw")
            pod.go()
            assert pod.wait_source_end(60)
            client.record("stop")
    return folder / "pod"


@contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    """Record a run, then run the pod in real time."""
    with VirtualPod(recorded(folder)) as pod:
        with Pod(SerialTransport(pod.url)) as client:
            (entry,) = client.runs()
            good = download(client, Store(folder / "good"), entry.run)
        yield Bench(pod, entry.run, good.size, digest(good.path))


def draw(seed: int) -> Trouble:
    """Draw the troubles of a download: a cut, a freeze below 1 s, a latency that is mostly short and at most 1 s."""
    chance = random.Random(seed)
    return Trouble(chance.choice(CUTS), chance.uniform(0.05, 1.0), chance.random() ** _MOSTLY_SHORT)


def draw_long_freeze(seed: int) -> Trouble:
    """Draw the troubles of a download with a long freeze."""
    return Trouble("", random.Random(seed).uniform(1.0, 20.0), 0.0)


def torture(bench: Bench, seed: int, trouble: Trouble, rates: Rates | None = None) -> Outcome:
    """Download once with this trouble at places of this seed. Repeat as a person would if it fails."""
    chance = random.Random(-seed)
    line = BadLine(bench.pod.url, seed, rates or Rates(), trouble.latency_s)
    ended = threading.Event()
    causes = [
        threading.Thread(target=_cut, args=(bench, line, trouble.cut, chance, ended), daemon=True),
        threading.Thread(target=_freeze, args=(bench, line, trouble.freeze_s, chance.random(), ended), daemon=True),
    ]
    outcome = Outcome(seed, trouble, "failed", HANGS_S, {})
    begun = time.monotonic()
    for cause in causes:
        cause.start()
    worker = threading.Thread(target=_try, args=(bench, line, outcome), daemon=True)
    worker.start()
    worker.join(HANGS_S)
    if worker.is_alive():
        outcome.result = "hung"
    else:
        outcome.seconds = time.monotonic() - begun
    ended.set()
    for cause in causes:
        cause.join()
    line.close()
    outcome.faults = {kind: line.to_host.count[kind] + line.to_pod.count[kind] for kind in line.to_host.count}
    return outcome


def _try(bench: Bench, line: BadLine, outcome: Outcome) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for result in RESULTS[: 1 + RETRIES]:
            try:
                with ReconnectingPod(lambda: Pod(SerialTransport(line.url))) as cable:
                    done = download(
                        cable.pod, Store(Path(folder)), bench.run, reconnect=cable.reconnect, size=bench.size
                    )
                outcome.result = result if digest(done.path) == bench.sha256 else "wrong"
                return
            except RetropodError as error:
                outcome.error = f"{type(error).__name__}: {error}"
                time.sleep(_RETRY_S)


def _cut(bench: Bench, line: BadLine, cut: str, chance: random.Random, ended: threading.Event) -> None:
    """Cut the connection when a drawn number of bytes has come: between the greeting and the last answer."""
    at, away_s = chance.randrange(bench.size), chance.uniform(0.05, 0.6)
    if not _carried(line, at, ended):
        return
    if cut == "cable pulled":
        line.pull()
        ended.wait(away_s)
        line.plug()
    elif cut == "pod reset":
        bench.pod.reset()
    elif cut == "line dead":
        line.mute(away_s)


def _freeze(bench: Bench, line: BadLine, seconds: float, place: float, ended: threading.Event) -> None:
    """Stop the process of the pod for a time, at a place of the download (0..1)."""
    child = bench.pod._child
    if not _carried(line, int(place * bench.size), ended) or child is None:
        return
    child.process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)  # Also if the download has ended: the next one needs a running pod.
    child.process.send_signal(signal.SIGCONT)


def _carried(line: BadLine, size: int, ended: threading.Event) -> bool:
    """Wait until the pod has sent `size` bytes. Return False if the download ended before."""
    while line.carried < size:
        if ended.wait(0.002):
            return False
    return True
