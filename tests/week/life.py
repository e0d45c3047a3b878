"""A week of training, with the pod's own code on one side and the host's on the other."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any
from unittest import mock

from retropod.client.pod import Pod
from retropod.client.timesync import Keeper
from retropod.runs import reader
from retropod.runs.clocklog import ClockLog
from retropod.runs.store import Store, digest
from retropod.runs.timing import timing
from retrowire import codec, schema
from week.world import NOON, Chip, Line, World

_MODULES = (
    "autonomy.sleepmode",
    "clock.clock",
    "clock.rtcnote",
    "clock.rtcrestore",
    "link.requests_recording",
    "sampling.sampleclock",
    "storage.messages",
    "storage.recorder",
    "storage.runs",
)
_DAY_S = 86_400.0
_STRIDE_S = 0.72
_LOOK_S = 0.1  # a pod looks at its FIFO five times as often; that would only be better
_NOTE_S = 10.0
_SETTLED_S = 30.0
_SET_MS = 1000  # a clock whose error is smaller was set by a host, and not carried over a reset or a sleep
_LOST_AT_A_RESET = 20  # strides: ten seconds, and those of the block in hand


def _pod_code() -> Any:
    """The pod's modules, and in `loaded` what makes them find each other, and of MicroPython `const`, but no viper."""
    stand_ins: dict[str, Any] = {
        "micropython": SimpleNamespace(const=lambda value: value),
        "pod.storage._kernel_copy": None,
    }
    with mock.patch.dict(sys.modules, stand_ins):
        found = {name.rpartition(".")[2]: import_module(f"pod.{name}") for name in _MODULES}
        stride = import_module("pod.gait.stride")
        loaded = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "pod"}
        return SimpleNamespace(**found, stride=stride, loaded=loaded | stand_ins)


def _ilistdir(folder: str) -> Iterator[tuple[str]]:
    """As MicroPython's, as far as the pod asks: names."""
    return iter([(path.name,) for path in Path(folder).iterdir()])


class _Settings:
    def get(self, name: str) -> Any:
        return {"loss_window_s": 10, "record_raw": False, "length_factor": 1000, "side": "left"}.get(name, "")


class _File:
    """A file as MicroPython writes to it: a buffer, and if only a part of it, from where and how much."""

    def __init__(self, path: Path, mode: str) -> None:
        self._file: Any = path.open(mode, buffering=0)

    def write(self, data: Any, *part: int) -> int:
        start, length = part or (0, len(data))
        return self._file.write(bytes(data[start : start + length]))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@dataclass
class Outcome:
    """Strides by how their time is known; errors and bounds in s."""

    errors: list[float] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)
    repaired: list[float] = field(default_factory=list)  # bounds of strides whose pod had not been told the time
    unknown: int = 0
    outside: list[str] = field(default_factory=list)
    runs: int = 0
    resets: int = 0

    @property
    def strides(self) -> int:
        return len(self.errors) + len(self.repaired) + self.unknown

    @property
    def median_error_s(self) -> float:
        return median(self.errors)


class Life:
    """One pod and its host. `week` simulates it, `judge` compares the results of the host with the truth."""

    def __init__(self, folder: Path, seed: int, scale: float = 1.0) -> None:
        """`scale`: how long runs last, 1 for the real thing."""
        self.code = _pod_code()
        self.code.recorder.open = lambda path, mode: _File(Path(path), mode)
        self.code.runs.os = SimpleNamespace(mkdir=os.mkdir, remove=os.remove, stat=os.stat, ilistdir=_ilistdir)
        self.world = World(seed)
        self.draw, self.scale = self.world.draw, scale
        self.chip = Chip(self.world)
        self.store = Store(folder / "store")
        self.runs = self.code.runs.Runs(str(folder / "runs"), str(folder / "count"))
        self.truth: dict[int, list[float]] = {}  # run -> true times of its strides
        self.began: dict[int, float] = {}
        self.boot, self.resets = 0, 0
        self._fetched: set[int] = set()
        self._start()

    # -- the pod

    def _start(self) -> None:
        """A boot: what app.py builds, as far as time is concerned."""
        code, world = self.code, self.world
        self.boot += 1
        self.oscillator_hz = 416.687 * (1 + self.draw.uniform(-0.03, 0.03))
        self.clock = code.clock.Clock(self.boot, self.chip.ticks_ms, self.chip.ticks_diff)
        code.rtcrestore.restore(self.chip, self.chip, self.clock)
        self.carry = code.rtcnote.RtcNote(self.chip, self.clock)
        told_mhz = round(self.oscillator_hz * (1 + self.draw.uniform(-0.003, 0.003)) * 1000)
        self.samples = code.sampleclock.SampleClock(told_mhz)
        self.stream = SimpleNamespace(index=0, chip="lsm6dso32", sensor=None, clock=self.samples)
        self.recorder = code.recorder.Recorder(
            self.chip,
            _Settings(),
            self.clock,
            SimpleNamespace(add=print),
            self.runs,
            SimpleNamespace(state=1, packed=lambda: bytes(18)),
            self.stream,
            code.messages.EventPacker(self.clock),
            None,
        )
        self.packer = code.messages.StridePacker(1000)
        self._sensor_at_s = world.true_s + 0.35  # it is found and set up
        self.carry.note()

    def _answer(self, values: list[Any]) -> bytes:
        """The pod's own handler of `time_set`."""
        told: list[list[Any]] = []
        answers = SimpleNamespace(reply=lambda _message, answer: told.append(answer))
        requests = self.code.requests_recording.RecordingRequests(
            answers, None, None, None, self.clock, self.carry, self.stream, None, self.recorder
        )
        requests.set_time(values)
        out = bytearray(codec.size(schema.TIME))
        codec.pack_into(schema.TIME, told[0], out, 0)
        return bytes(out)

    def _index(self, true_s: float) -> int:
        return int((true_s - self._sensor_at_s) * self.oscillator_hz)

    def _look(self) -> None:
        self.clock.update()
        newest = self._index(self.world.true_s - self.draw.uniform(0.0001, 0.0006))
        self.samples.look(newest, self.clock.uptime_s, self.clock.uptime_ms)
        self.stream.index = newest + 1

    def _wait(self, seconds: float) -> None:
        """The pod does nothing but keep its clock."""
        self.world.true_s += seconds
        self.clock.update()
        self.carry.note()

    # -- what happens

    def reset(self, planned: bool) -> None:
        """While it records, the run goes on as another."""
        open_run = self.recorder.run
        self.resets += 1
        self.world.true_s += self.draw.uniform(0, _NOTE_S)  # since the last note
        if planned:
            self.carry.note()
        self.chip.reset(planned)
        if open_run:
            self.recorder._file.close()  # its memory is lost
        self._start()
        if open_run:
            self.recorder.resume()
            self._begun()

    def battery_dies(self) -> None:
        """It lies in a drawer, and is charged again."""
        self.world.true_s += self.draw.uniform(3_000, 30_000)
        self.chip.power_on()
        self._start()

    def doze(self, seconds: float) -> None:
        """As sleepmode.py does it, in one piece."""
        self.clock.update()
        begun_s = self.clock.uptime_s
        self.chip.sleep(seconds)
        self.clock.update()
        self.code.sleepmode._adjust_clock(self.clock, begun_s)
        self.samples.restart(self.samples.rate_mhz)
        self.carry.note()

    def host(self, minutes: float = 0.0) -> None:
        """A host is connected, for so long."""
        connection: Any = Line(self.world, self._answer)
        greeting = SimpleNamespace(boot_count=self.boot)
        pod: Any = SimpleNamespace(connection=connection, greeting=greeting)
        pod.set_time = partial(Pod.set_time, pod)
        keeper = Keeper(pod, ClockLog(self.store, self.pod_id).add, self.world.clocks)
        until = self.world.true_s + minutes * 60
        while self.world.true_s < until:
            self._wait(10.0)
            keeper.step()

    @property
    def pod_id(self) -> str:
        return self.chip.device_id().hex()

    def start(self, synced: bool) -> None:
        """A run begins, with a host there or by itself."""
        if self.clock.uptime_s > _SETTLED_S:
            # it has looked at its FIFO all the time: another half a minute of that is as good
            self.samples.restart(self.samples.rate_mhz)
            self._pass(_SETTLED_S)
        if synced:
            self.host()
        self.recorder.start(0)
        self._begun()

    def _begun(self) -> None:
        self.truth[self.recorder.run] = []
        self.began[self.recorder.run] = self.world.true_s

    def move(self, minutes: float) -> None:
        """Strides, as many as fit."""
        until = self.world.true_s + minutes * 60 * self.scale
        record, slots = self.packer.record, self.code.stride
        self._pass(1.0)  # no stride is found before the foot has stood
        while self.world.true_s < until:
            opened = self.world.true_s
            period = _STRIDE_S * self.draw.uniform(0.9, 1.1)
            self._pass(period + 0.3)  # the engine decides a while after the stride
            for slot in range(slots.LENGTH):
                record[slot] = 0
            record[slots.OPEN], record[slots.CLOSE] = self._index(opened), self._index(opened + period)
            record[slots.TOE_OFF] = record[slots.CONTACT] = record[slots.PREV_CONTACT] = -1
            self.packer.pack(self.samples)
            # the instant that the engine names is that of a sample
            self.truth[self.recorder.run].append(self._sensor_at_s + record[slots.OPEN] / self.oscillator_hz)
            self.recorder.add_stride(self.packer.payload, self.packer.length)
            self.recorder.step(int(period * 1000))

    def _pass(self, seconds: float) -> None:
        until = self.world.true_s + seconds
        while self.world.true_s < until:
            self.world.true_s += self.draw.uniform(0.9, 1.1) * _LOOK_S
            self._look()
        if self.draw.random() < 0.1:
            self.carry.note()

    def stop(self, synced: bool) -> None:
        """The run ends; with a host there, it is fetched, and so are those before it."""
        self.recorder.stop()
        if synced:
            self.fetch()

    def fetch(self) -> None:
        """A host comes, sets the clock and takes every run that it does not have."""
        self.host(self.draw.choice([0.0, 0.0, 2.0]))
        for run in self.runs.numbers():
            path = self.store.path(self.pod_id, run)
            if run in self._fetched or run == self.recorder.run:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(Path(self.runs.path(run)).read_bytes())
            ClockLog(self.store, self.pod_id).add_run(path, run, digest(path), NOON + self.world.true_s)
            self._fetched.add(run)

    def week(self, days: int = 7) -> None:
        """Runs of every kind, with all that goes wrong; the battery dies once, and at the end a host comes."""
        dies = self.draw.randrange(1, days) if days > 1 else 0
        for day in range(days):
            end = (day + 1) * _DAY_S
            for _ in range(self.draw.choice([1, 2, 2])):
                self._wait(self.draw.uniform(600, 9_000))
                self._outing()
            if day == dies:
                self.battery_dies()
                self._wait(300)
                self.start(synced=False)
                self.move(10)
                self.stop(synced=False)
            elif self.draw.random() < 0.5:
                self.doze(self.draw.uniform(600, 20_000))
            if self.world.true_s < end:
                self._wait(end - self.world.true_s)
        self.fetch()

    def _outing(self) -> None:
        self.start(synced=self.draw.random() < 0.7)
        self.move(self.draw.uniform(5, 40))
        if self.draw.random() < 0.4:
            self.reset(planned=self.draw.random() < 0.3)
            self.move(self.draw.uniform(3, 20))
        if self.draw.random() < 0.3:
            self.host(1.5)
        self.stop(synced=self.draw.random() < 0.6)
        if self.draw.random() < 0.3:
            self.reset(planned=False)

    # -- results of the host

    def judge(self) -> Outcome:
        """Every stride of every run against the truth."""
        found = Outcome(resets=self.resets)
        for run, truth in self.truth.items():
            path = self.store.path(self.pod_id, run)
            stored = reader.read(path)
            # a reset loses strides younger than the loss window
            assert 0 <= len(truth) - len(stored.strides) <= _LOST_AT_A_RESET, (run, len(stored.strides), len(truth))
            times = timing(stored, path, self.store)
            found.runs += 1
            began, (early, late) = NOON + self.began[run], times.between
            if times.start is None and not (early or began) <= began <= (late or began):
                found.outside.append(f"run {run} began at {began}, not between {early} and {late}")
            for stride, true_s in zip(stored.strides, truth, strict=False):
                self._compare(found, f"run {run} stride {stride.number}", times.of(stride), NOON + true_s, _set(stored))
        return found

    @staticmethod
    def _compare(found: Outcome, what: str, wall: Any, true_s: float, synced: bool) -> None:
        if wall is None:
            found.unknown += 1
            return
        error = abs(wall.time_s - true_s)
        if error > wall.error_s:
            found.outside.append(f"{what}: off by {error:.4f} s, bound {wall.error_s:.4f} s")
        if synced:
            found.errors.append(error)
            found.bounds.append(wall.error_s)
        else:
            found.repaired.append(wall.error_s)


def _set(run: reader.Run) -> bool:
    """Return whether a host had set the pod's clock, in this boot and since it last slept."""
    told = [event for event in run.events if event.kind == "clock_sync" and event.b // 1000 < _SET_MS]
    return run.header.clock_state == "synced" or bool(told)


def simulate(
    seed: int, days: int = 7, scale: float = 1.0, progress: Callable[[Life], None] = lambda life: None
) -> Outcome:
    """A week under this seed."""
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder), seed, scale)
        with mock.patch.dict(sys.modules, life.code.loaded):
            life.week(days)
        progress(life)
        return life.judge()
