"""Replay of a recording through the whole virtual pod: sensor registers, driver, engine, wire, host."""

import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retropod import recording
from retropod.client.connection import Transport
from retropod.client.pod import Pod
from retropod.client.stream import Stream
from retropod.errors import OperationFailed
from retropod.insight.stride import Stride
from retropod.live.watch import StreamStats
from retropod.recording import Recording
from retropod.transport.serial import SerialTransport
from retropod.virtual.board import CHIPS, VirtualBoard
from retropod.virtual.pod import VirtualPod
from retropod.virtual.source import Source
from retrowire.bus import driver

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
# The pod's time may run a hundred times faster than the host's, so the default lease would expire before each renewal.
# Request the longest lease and renew it every 0.5 s.
LEASE = {"lease_s": 600.0, "renew_s": 0.5}
_HELD_S = 20.0
_SILENT_S = 60.0
WITHOUT_GYROSCOPE = "adxl345"  # the pod uses the gyroscope of every other chip
# All rates of the family are 6667 Hz over a power of two (ST DS13082), those of the ADXL345 3200 Hz over one.
_LSM6DS_TO_ADXL345 = 6667 / 3200 / 2


@dataclass(frozen=True)
class Setup:
    """Setup of the virtual pod. None: default of the pod. `line_rate` in baud, 0: no limit.

    Without `gyroscope`, an ADXL345 that runs at the rates of `chip` takes its place, with 16 g and 3.9 mg per count. Of
    1,489 labelled strides of people, 2 have another answer with its scale than with that of an LSM6DSO32.
    """

    chip: str = "lsm6dso32"
    rate_hz: int | None = None
    mount: str = "given"
    line_rate: int | None = None
    battery_pin: int | None = None
    gyroscope: bool = True

    @property
    def substituted(self) -> bool:
        """Return whether another chip takes the place of `chip`."""
        return not self.gyroscope and CHIPS[self.chip].gyr_lsb_udps > 0

    @property
    def board(self) -> VirtualBoard:
        """Return the board with the chip that samples."""
        if not self.substituted:
            return VirtualBoard(self.chip)
        ratio = _LSM6DS_TO_ADXL345 if driver(self.chip) == "lsm6ds" else 1.0
        return VirtualBoard(WITHOUT_GYROSCOPE, odr_error=ratio - 1)


@dataclass
class Replayed:
    """Result of a replay.

    `rate_hz`: true sample rate of the virtual chip. `duration_s`: of the recording. `wall_s`: elapsed time from the
    first sample to the last stride. `watch`: statistics of the stream.
    """

    strides: list[Stride] = field(default_factory=list)
    rate_hz: float = 0.0
    duration_s: float = 0.0
    wall_s: float = 0.0
    watch: StreamStats = field(default_factory=StreamStats)

    def times(self, stride: Stride) -> dict[str, Any]:
        """Return start and end of stride and swing, in s of the recording."""
        opened = stride.sample / self.rate_hz
        ends = {"t0_s": 0.0, "toe_off_s": stride.toe_off_s, "contact_s": stride.contact_s, "t1_s": stride.period_s}
        return {name: None if after is None else round(opened + after, 4) for name, after in ends.items()}

    def within(self, stride: Stride) -> bool:
        """Return whether a stride ends within the recording. After it the virtual foot stands still."""
        end_s = stride.sample / self.rate_hz + (stride.period_s or 0.0)
        return end_s <= self.duration_s + 1 / self.rate_hz

    def as_json(self, stride: Stride) -> dict[str, Any]:
        """Return the object for `replay --json`. All times are recording time."""
        return stride.as_json() | self.times(stride)


def source_of(path: Path, gyroscope: bool = True) -> Source:
    """Load a recording as source for the virtual sensor. Raises DamagedData if the file is not a valid recording."""
    return as_source(recording.load(path, gyroscope))


def as_source(held: Recording) -> Source:
    """Return a recording as source for the virtual sensor."""
    gaps_s = [(float(begin), float(end)) for begin, end in held.gaps / held.rate_hz]
    return Source(held.acc, held.gyr, held.rate_hz, held.acc_unit, held.gyr_unit, gaps_s=gaps_s)


@contextmanager
def held_pod(
    source: Source, setup: Setup, speed: float | str = "max", wrap: Callable[[Transport], Transport] = lambda bare: bare
) -> Generator[tuple[VirtualPod, Pod]]:
    """Start and connect a virtual pod that waits before its first sample, with settings and mount applied.

    `speed`: factor to real time, or "max". `wrap` returns the transport that the client uses on top of the bare one.
    Raises OperationFailed if the pod or its sensor does not start.
    """
    with (
        tempfile.TemporaryDirectory(prefix="retropod-", ignore_cleanup_errors=True) as folder,
        VirtualPod(Path(folder), source, speed=speed, hold=True, board=setup.board) as virtual,
    ):
        if not virtual.wait_held(_HELD_S):
            raise OperationFailed("the virtual pod did not start", f"its log ends: {last_words(virtual)}")
        with Pod(wrap(SerialTransport(virtual.url))) as pod:
            prepare(pod, setup)
            _need_sensor(pod)
            yield virtual, pod


def _need_sensor(pod: Pod) -> None:
    """Raise OperationFailed, with the pod's last fault, if its sensor does not run: it would send no strides."""
    if pod.status().state == "sensor_missing":
        faults = pod.faults()
        raise OperationFailed(
            "the pod's sensor does not run" + (f": {faults[-1].text}" if faults else ""), "try another --rate or --chip"
        )


def prepare(pod: Pod, setup: Setup) -> None:
    """Apply the settings and mount of `setup` to a pod. Restart it if a setting changed."""
    wanted = {"rate_hz": setup.rate_hz, "line_rate": setup.line_rate, "battery_pin": setup.battery_pin}
    changed = False
    for name, value in wanted.items():
        if value is not None and pod.settings(name).get(name) != value:
            pod.change(name, value)
            changed = True
    if changed:
        pod.restart()
        pod.await_hello(_HELD_S)
    if setup.mount == "given":
        pod.mount("given", IDENTITY)
    elif setup.mount == "learn":
        pod.mount("learn")


def last_words(virtual: VirtualPod) -> str:
    """Return the last three lines of the virtual pod's log, joined to one line."""
    return " | ".join(virtual.log_text().strip().splitlines()[-3:]) or "nothing"


def replay(source: Source, setup: Setup, on_stride: Callable[[Replayed, Stride], None] | None = None) -> Replayed:
    """Run a source through a virtual pod at full speed. Raises OperationFailed if the pod fails.

    `on_stride` receives each stride as it arrives. Strides that end after the recording are left out.
    """
    result = Replayed(duration_s=source.duration_s)
    with held_pod(source, setup) as (virtual, pod), pod.stream("strides", "events", **LEASE) as stream:
        result.rate_hz = virtual.rate_hz
        began = time.monotonic()
        virtual.go()
        for stride in _until_end(virtual, stream, result):
            _take(result, stride, on_stride)
        result.wall_s = time.monotonic() - began
        pod.status()  # Its answer arrives after all earlier messages of the pod.
        while (item := stream.next(0.0)) is not None:
            _take(result, result.watch.take(item), on_stride)
    return result


def _take(result: Replayed, stride: Stride | None, on_stride: Callable[[Replayed, Stride], None] | None) -> None:
    if stride is not None and result.within(stride):
        result.strides.append(stride)
        if on_stride is not None:
            on_stride(result, stride)


def _until_end(virtual: VirtualPod, stream: Stream, result: Replayed) -> Iterator[Stride]:
    heard = time.monotonic()
    while not virtual.wait_source_end(0.0):
        item = stream.next(0.05)
        if item is not None:
            heard = time.monotonic()
            stride = result.watch.take(item)
            if stride is not None:
                yield stride
        elif time.monotonic() - heard > _SILENT_S and not _ticking(virtual):
            raise OperationFailed("the virtual pod stopped sending", f"its log ends: {last_words(virtual)}")


def _ticking(virtual: VirtualPod) -> bool:
    """Return whether the source ends within 60 s. A long period of standing has no strides: it is not a failure."""
    return virtual.wait_source_end(_SILENT_S)
