"""Downloads over a bad cable, each with one cut of the connection; everything from one seed."""

import random
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
HANGS_S = 90.0  # whatever takes longer counts as hung
_RETRY_S = 1.0  # until a person has tried again
_RUN_S = 9.0  # of raw samples: some 18 kB


@dataclass
class Outcome:
    """One download. `result`: by itself, one retry, failed, wrong, hung."""

    seed: int
    cut: str
    result: str
    seconds: float
    faults: dict[str, int]
    error: str = ""


class Bench:
    """A virtual pod that holds one run, `size` bytes long with the digest `sha256`, which came over a good cable."""

    def __init__(self, pod: VirtualPod, run: int, size: int, sha256: bytes) -> None:
        self.pod, self.run, self.size, self.sha256 = pod, run, size, sha256


def recorded(folder: Path, duration_s: float = _RUN_S, **settings: Any) -> Path:
    """State of a virtual pod that holds one run with raw samples and has these settings."""
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
    """Record a run, then give the pod in real time."""
    with VirtualPod(recorded(folder)) as pod:
        with Pod(SerialTransport(pod.url)) as client:
            (entry,) = client.runs()
            good = download(client, Store(folder / "good"), entry.run)
        yield Bench(pod, entry.run, good.size, digest(good.path))


def torture(bench: Bench, seed: int, rates: Rates | None = None) -> Outcome:
    """One download over a line of this seed, cut once at a place of this seed; once more if it fails."""
    chance = random.Random(seed)
    cut = chance.choice(CUTS)
    line = BadLine(bench.pod.url, seed, rates or Rates())
    ended = threading.Event()
    cutter = threading.Thread(target=_cut, args=(bench, line, cut, chance, ended), daemon=True)
    outcome = Outcome(seed, cut, "hung", HANGS_S, {})
    begun = time.monotonic()
    cutter.start()
    worker = threading.Thread(target=_try, args=(bench, line, outcome), daemon=True)
    worker.start()
    worker.join(HANGS_S)
    if not worker.is_alive():
        outcome.seconds = time.monotonic() - begun
    ended.set()
    cutter.join()
    line.close()
    outcome.faults = {kind: line.to_host.count[kind] + line.to_pod.count[kind] for kind in line.to_host.count}
    return outcome


def _try(bench: Bench, line: BadLine, outcome: Outcome) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for result in ("by itself", "one retry"):
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
        outcome.result = "failed"


def _cut(bench: Bench, line: BadLine, cut: str, chance: random.Random, ended: threading.Event) -> None:
    """Once so many bytes have come from the pod: anywhere between the greeting and the last answer."""
    at, away_s = chance.randrange(bench.size), chance.uniform(0.05, 0.6)
    while line.carried < at:
        if ended.wait(0.002):
            return
    if cut == "cable pulled":
        line.pull()
        ended.wait(away_s)
        line.plug()
    elif cut == "pod reset":
        bench.pod.reset()
    else:
        line.mute(away_s)
