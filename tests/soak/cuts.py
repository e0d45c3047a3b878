"""Power cuts at the chip's pace: strides and samples of a recording that are older than 10 s can be read afterwards."""

import json
import random
import time
from pathlib import Path

from retropod.client.pod import Pod
from retropod.errors import DamagedData, RetropodError
from retropod.insight.stride import Stride
from retropod.replay.replay import IDENTITY, LEASE
from retropod.runs import reader
from retropod.runs.download import download
from retropod.runs.reader import is_empty
from retropod.runs.store import Store
from retropod.transport.serial import SerialTransport
from retropod.virtual.pod import VirtualPod
from soak.pods import Commands, await_ready, client, walking
from soak.verdict import Verdict

CUTS = 100
SAFE_S = 10.0
_SECONDS = 40.0  # of a recording at most, in the pod's time
_WRITES = 60  # that a recording of this length takes, at least
_HUNG_S = 60.0
_ERASED_EVERY = 5  # cuts: some runs of earlier cuts are on the flash as a rule


class _Cut:
    """One cut. `seen`: strides that the host has received before, with their end on the pod's clock in s."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.chance = folder, random.Random(seed)
        self.raw = bool(seed % 2)
        self.at_write = self.chance.randrange(1, _WRITES) if seed % 4 < 2 else 0
        self.after_s = self.chance.uniform(0.0, _SECONDS)
        self.run = 0
        self.seen: list[tuple[int, float]] = []
        self.last_s = 0.0

    def record(self) -> None:
        """Start a recording and cut the power."""
        with VirtualPod(
            self.folder / "pod", walking(416.0, 2 * _SECONDS), speed="max", hold="still", cost="esp32"
        ) as virtual:
            await_ready(virtual)
            pod = Pod(SerialTransport(virtual.url))
            try:
                pod.mount("given", IDENTITY)
                if pod.status().state == "recording":
                    pod.record("stop")  # the run that continues after the last cut
                virtual.go()
                if self.at_write:
                    virtual.cut_power_at_write(self.at_write)
                self._listen(virtual, pod)
            except RetropodError:
                pass  # the cut came
            finally:
                virtual.kill()
                pod.close()

    def _listen(self, virtual: VirtualPod, pod: Pod) -> None:
        self.run = pod.record("start", *(("strides", "raw") if self.raw else ("strides",)))
        end = time.monotonic() + _HUNG_S
        first_s = pod.status().seconds("uptime") or 0.0
        with pod.stream("strides", "events", **LEASE) as stream:
            while time.monotonic() < end and not virtual.wait_power_cut(0.0):
                item = stream.next(0.02)
                if item is not None and getattr(item, "type", "") == "stride":
                    end_s = Stride.of(item).end_s
                    self.seen.append((item.number, end_s))
                    self.last_s = max(self.last_s, end_s)
                if not self.at_write and self.last_s - first_s > self.after_s:
                    return

    def check(self, verdict: Verdict, name: str, erase: bool) -> None:
        """Restart the pod and read its runs."""
        with VirtualPod(self.folder / "pod", cost="esp32") as virtual:
            await_ready(virtual)
            with client(virtual) as pod:
                if pod.status().state == "recording":
                    pod.record("stop")
                entries = {entry.run: entry for entry in pod.runs()}
                self._check_run(pod, entries, verdict, name)
            self._check_bounds(Commands(virtual.url, self.folder), sorted(entries)[-2:], verdict, name)
            if erase:
                with client(virtual) as pod:
                    for run, entry in entries.items():
                        pod.erase(run, bytes(32), entry.raw["size"], force=True)
                    verdict.need(f"{name}: runs are left after erasing all", not pod.runs())

    def _check_run(self, pod: Pod, entries: dict, verdict: Verdict, name: str) -> None:
        safe = {number for number, end_s in self.seen if end_s < self.last_s - SAFE_S}
        entry = entries.get(self.run)
        if entry is None or is_empty(entry.raw["size"], "damaged" in entry.flags):
            verdict.need(f"{name}: run {self.run} is empty, {len(safe)} strides are older than 10 s", not safe)
            return
        try:
            stored = reader.read(download(pod, Store(self.folder / "judged"), self.run).path)
        except DamagedData as error:
            verdict.need(f"{name}: run {self.run} cannot be read: {error}", False)
            return
        lost = safe - {stride.number for stride in stored.strides}
        verdict.need(f"{name}: run {self.run} lacks {len(lost)} of {len(safe)} strides older than 10 s", not lost)
        verdict.need(f"{name}: run {self.run} lacks {stored.missing} blocks", not stored.missing)

    def _check_bounds(self, cli: Commands, runs: list[int], verdict: Verdict, name: str) -> None:
        ran = cli("download", *map(str, runs), "--json") if runs else None
        if ran is None:
            return
        verdict.need(f"{name}: download: {ran.out[-300:]}", "not a run file" not in ran.out and ran.code in (0, 5))
        for one in _objects(ran.out):
            after, before = one.get("start_after"), one.get("start_before")
            verdict.need(f"{name}: starts between {after} and {before}", not (after and before) or after <= before)


def _objects(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def power_cuts(folder: Path, count: int = CUTS, seed: int = 1) -> Verdict:
    """Criterion h."""
    verdict = Verdict(f"{count} power cuts, seeds {seed} to {seed + count - 1}")
    strides = in_time = 0
    for number in range(count):
        cut = _Cut(folder, seed + number)
        name = f"cut {seed + number}"
        cut.record()
        cut.check(verdict, name, erase=number % _ERASED_EVERY == _ERASED_EVERY - 1)
        strides += len(cut.seen)
        in_time += sum(end_s < cut.last_s - SAFE_S for _, end_s in cut.seen)
    verdict.note(f"{strides} strides seen, {in_time} of them older than {SAFE_S:g} s at the cut")
    return verdict
