"""Sends a recording through the whole virtual pod: sensor registers, driver, engine, wire, host."""

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
from retropod.transport.serial import SerialTransport
from retropod.virtual.pod import VirtualPod
from retropod.virtual.source import Source

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
MOUNTS = ("given", "none", "learn")
# The time of the pod runs a hundred times faster, so the usual renewal of a lease is too late. Request the longest
# lease and renew it twice a second.
LEASE = {"lease_s": 600.0, "renew_s": 0.5}
_HELD_S = 20.0
_SILENT_S = 60.0


@dataclass(frozen=True)
class Setup:
    """Settings of the virtual pod. None: the default of the pod. line_rate: baud, 0: no limit."""

    chip: str = "lsm6dso32"
    rate_hz: int | None = None
    mount: str = "given"
    line_rate: int | None = None
    battery_pin: int | None = None


@dataclass
class Replayed:
    """Strides, and the true sample rate (Hz) of the virtual chip. wall_s: from the first sample to the last stride."""

    strides: list[Stride] = field(default_factory=list)
    rate_hz: float = 0.0
    duration_s: float = 0.0
    wall_s: float = 0.0
    watch: StreamStats = field(default_factory=StreamStats)

    def times(self, stride: Stride) -> dict[str, Any]:
        """Return start and end of stride and swing, in seconds of the recording."""
        opened = stride.sample / self.rate_hz
        ends = {"t0_s": 0.0, "toe_off_s": stride.toe_off_s, "contact_s": stride.contact_s, "t1_s": stride.period_s}
        return {name: None if after is None else round(opened + after, 4) for name, after in ends.items()}

    def as_json(self, stride: Stride) -> dict[str, Any]:
        """Return a stride as `replay --json` prints it, with times of the recording."""
        return stride.as_json() | self.times(stride)


def source_of(path: Path, gyroscope: bool = True) -> Source:
    """Read a recording as source of the virtual sensor. Raises DamagedData for an invalid recording."""
    held = recording.load(path, gyroscope)
    gaps_s = [(float(begin), float(end)) for begin, end in held.gaps / held.rate_hz]
    return Source(held.acc, held.gyr, held.rate_hz, held.acc_unit, held.gyr_unit, gaps_s=gaps_s)


@contextmanager
def held_pod(
    source: Source, setup: Setup, speed: float | str = "max", wrap: Callable[[Transport], Transport] = lambda bare: bare
) -> Generator[tuple[VirtualPod, Pod]]:
    """Start a virtual pod before its first sample, connect to it, and set its settings and mount.

    `wrap` may add a layer between the port and the client.
    """
    with (
        tempfile.TemporaryDirectory(prefix="retropod-", ignore_cleanup_errors=True) as folder,
        VirtualPod(Path(folder), source, setup.chip, speed, hold=True) as virtual,
    ):
        if not virtual.wait_held(_HELD_S):
            raise OperationFailed("the virtual pod did not start", f"its log ends: {last_words(virtual)}")
        with Pod(wrap(SerialTransport(virtual.url))) as pod:
            prepare(pod, setup)
            _need_sensor(pod)
            yield virtual, pod


def _need_sensor(pod: Pod) -> None:
    """Raise OperationFailed with the pod's fault text if its sensor does not run, because no stride would come."""
    if pod.status().state == "sensor_missing":
        told = pod.faults()
        raise OperationFailed(
            "the pod's sensor does not run" + (f": {told[-1].text}" if told else ""), "another --rate or --chip"
        )


def prepare(pod: Pod, setup: Setup) -> None:
    """Set the settings and the mount of a pod. Restart it if a setting changed."""
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
    """Return the end of the virtual pod's log on one line."""
    return " | ".join(virtual.log_text().strip().splitlines()[-3:]) or "nothing"


def replay(source: Source, setup: Setup, on_stride: Callable[[Replayed, Stride], None] | None = None) -> Replayed:
    """Run a source through a virtual pod as fast as this machine can. Raises OperationFailed when the pod fails."""
    result = Replayed(duration_s=source.duration_s)
    with held_pod(source, setup) as (virtual, pod), pod.stream("strides", "events", **LEASE) as stream:
        result.rate_hz = virtual.rate_hz
        began = time.monotonic()
        virtual.go()
        for stride in _until_end(virtual, stream, result):
            result.strides.append(stride)
            if on_stride is not None:
                on_stride(result, stride)
        result.wall_s = time.monotonic() - began
        _collect_rest(pod, stream, result, on_stride)
    return result


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
            raise OperationFailed("the virtual pod stands still", f"its log ends: {last_words(virtual)}")


def _ticking(virtual: VirtualPod) -> bool:
    """Return True if the pod still runs. A long recording of standing has no strides."""
    return virtual.wait_source_end(_SILENT_S)


def _collect_rest(pod: Pod, stream: Stream, result: Replayed, on_stride: Any) -> None:
    """Read the rest of the stream, which arrives before the answer to a request because the line keeps the order."""
    pod.status()
    while (item := stream.next(0.0)) is not None:
        stride = result.watch.take(item)
        if stride is not None:
            result.strides.append(stride)
            if on_stride is not None:
                on_stride(result, stride)
