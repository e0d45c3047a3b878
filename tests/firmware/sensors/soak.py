"""Session of walking in both directions on the virtual pod with random faults of its sensor, and its account."""

import io
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from retropod.client import wire
from retropod.client.pod import Pod
from retropod.transport.serial import SerialTransport
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.pod import VirtualPod
from retropod.virtual.source import Source
from retrowire import runfile

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
ACC_UNIT, GYR_UNIT = 1e-3 * 9.80665, np.pi / 180 * 0.05
FIRST_S = 15.0  # the rate of the chip is known by then
TOLD_S = 1.0
_RUN_UP_S = 3.0
_TELLING = ("sensor", "samples_lost", "fault")
# Injected faults: kinds of onpod/vpod/faults.py with their details. `{axis}` is replaced by an axis of the chip.
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "nack", "count": 3},
    {"kind": "nack", "for_ms": 300},
    {"kind": "stuck", "level": 0, "for_ms": 200},
    {"kind": "stuck", "level": 1, "for_ms": 200},
    {"kind": "held"},
    {"kind": "brownout"},
    {"kind": "who_am_i", "value": 0x13, "for_ms": 700},
    {"kind": "overrun", "slots": 60},
    {"kind": "stuck_axis", "axis": -1, "value": 5, "for_ms": 2500},
    {"kind": "saturated_axis", "axis": -1, "for_ms": 1500},
)


@dataclass
class Account:
    """Result of a session. Times in seconds of the source."""

    faults: list[dict[str, Any]] = field(default_factory=list)
    began_s: float = 0.0  # uptime of the pod at the source's first sample
    told_s: list[float | None] = field(default_factory=list)  # per fault: time to the first message about it
    strides: int = 0
    right: int = 0
    wrong: list[tuple[float, str, str]] = field(default_factory=list)
    unaccounted: float = 0.0  # difference of taken and lost samples from the elapsed time, in samples
    lost: int = 0
    heap_kb: list[int] = field(default_factory=list)
    crashes: int = 0
    kept: list[str] = field(default_factory=list)  # codes of the faults that the pod stored
    stored: int = 0  # events of the sensor in the run file
    streamed: int = 0  # and over the wire
    wall_s: float = 0.0


class Walk:
    """Alternate forward and backward walking for at least `duration_s`. `label(t)` returns the direction."""

    def __init__(self, rate_hz: float, duration_s: float, noise: int = 1) -> None:
        pieces = [scenario("walk", rate_hz, 5, duration_s=20.0), scenario("backward-walk", rate_hz, 6, duration_s=16.0)]
        acc = np.concatenate([piece.acc for piece in pieces]) / ACC_UNIT
        gyr = np.concatenate([piece.gyr for piece in pieces if piece.gyr is not None]) / GYR_UNIT
        self._strides: list[tuple[float, float, str]] = []
        shift = 0.0
        for piece in pieces:
            self._strides += [(one.t0_s + shift, one.t1_s + shift, one.label) for one in piece.strides]
            shift += piece.duration_s
        self._period_s = shift
        counts = np.tile(np.hstack([acc, gyr]), (-(-round(duration_s * rate_hz) // len(acc)), 1))
        counts += np.random.default_rng(7).normal(0.0, noise, counts.shape)
        counts = np.clip(np.rint(counts), -32768, 32767).astype(np.int16)
        self.source = Source(counts[:, :3], counts[:, 3:], rate_hz, ACC_UNIT, GYR_UNIT)

    def label(self, at_s: float) -> str:
        """Return the direction at that time, empty without walking."""
        at_s %= self._period_s
        return next((label for t0, t1, label in self._strides if t0 <= at_s < t1), "")


def schedule(walk: Walk, duration_s: float, every_s: float, axes: int, seed: int) -> list[dict[str, Any]]:
    """Return a fault about every `every_s`, each kind equally often, in random order.

    An axis gets stuck while the foot moves: on a foot that rests nothing tells it from one that works.
    """
    draw = random.Random(seed)
    planned: list[dict[str, Any]] = []
    deck: list[dict[str, Any]] = []
    at_s = FIRST_S
    while at_s < duration_s - _RUN_UP_S - every_s / 2:
        if not deck:
            deck = draw.sample(FAULTS, len(FAULTS))
        fault = {**deck.pop(), "at_s": round(at_s + draw.uniform(0, every_s / 4), 3)}
        if "axis" in fault:
            fault["axis"] = draw.randrange(axes)
            while not (walk.label(fault["at_s"]) and walk.label(fault["at_s"] + TOLD_S)):
                fault["at_s"] = round(fault["at_s"] + 0.1, 3)
        planned.append(fault)
        at_s += every_s
    return planned


def session(
    folder: Path, chip: str, rate_hz: int, true_hz: float, duration_s: float, every_s: float = 10.0, seed: int = 1
) -> Account:
    """Record and stream the session as fast as possible, then compute the account."""
    walk = Walk(true_hz, duration_s)
    account = Account(faults=schedule(walk, duration_s, every_s, 3 if chip == "adxl345" else 6, seed))
    began = time.monotonic()
    settled = VirtualPod(folder, None, chip)
    with settled, Pod(SerialTransport(settled.url)) as host:
        host.change("rate_hz", rate_hz)
        host.mount("given", IDENTITY)
    pod = VirtualPod(folder, walk.source, chip, "max", hold=True, faults=account.faults, patience_ms=4000, tail_s=2.0)
    with pod:
        assert pod.wait_held(20.0)
        with Pod(SerialTransport(pod.url)) as host:
            host.mount("given", IDENTITY)
            host.record("start")
            account.streamed = _listen(host, pod, walk, true_hz, account)
            host.record("stop")
            account.kept = [entry.code for entry in host.faults()]
            stored = _stored_events(host)
        account.crashes = pod.log_text().count("Traceback") + pod.log_text().count("the processor stopped")
    told = [one.seconds("uptime") - account.began_s for one in stored if one.kind in _TELLING]
    account.stored = len(told)
    account.told_s = [_first(told, fault["at_s"]) for fault in account.faults]
    account.wall_s = time.monotonic() - began
    return account


def _listen(host: Pod, pod: VirtualPod, walk: Walk, true_hz: float, account: Account) -> int:
    """Receive the stream until the end of the source. Return the number of events about the sensor."""
    events = 0
    with host.stream("strides", "events", lease_s=600, renew_s=0.5) as stream:
        first = host.status()
        account.began_s = first.seconds("uptime")
        pod.go()
        asked = time.monotonic()
        while not pod.wait_source_end(0.0):
            events += _take(stream.next(0.05), walk, true_hz, account)
            if time.monotonic() - asked > 0.5:
                asked = time.monotonic()
                account.heap_kb.append(host.status().heap_free_kb)
        last = host.status()
        while (item := stream.next(0.0)) is not None:
            events += _take(item, walk, true_hz, account)
    account.lost = last.samples_lost
    passed_s = last.seconds("uptime") - account.began_s
    account.unaccounted = last.samples + last.samples_lost - first.samples - passed_s * true_hz
    return events


def _take(item: Any, walk: Walk, true_hz: float, account: Account) -> bool:
    """Return True for an event about the sensor. Compare a stride with the true direction."""
    kind = getattr(item, "type", "")
    if kind == "stride":
        account.strides += 1
        middle_s = item.sample / true_hz + (item.period or 0.0) / 2
        real = walk.label(middle_s)
        account.right += item.direction == real
        if item.direction not in (real, "unknown"):
            account.wrong.append((round(middle_s, 2), item.direction, real))
    return kind == "event" and item.kind in _TELLING


def _first(events: list[float], at_s: float) -> float | None:
    """Return the time from `at_s` to the first event."""
    return next((told - at_s for told in events if told >= at_s), None)


def _stored_events(host: Pod) -> list[Any]:
    """Return all events of the run that has just ended."""
    (entry,) = [entry for entry in host.runs() if entry.strides]
    data = b"".join(piece for _, piece in host.read_run(entry.run, 0, 1 << 24))
    file = io.BytesIO(data)
    file.seek(runfile.read_header(data)["length"])
    layout = wire.layouts()[runfile.MESSAGE[runfile.EVENTS]]
    size = wire.codec.size(layout.id)
    blocks = runfile.scan(file.read, file.tell())
    return [
        layout.decode(payload[at : at + size])
        for kind, _, _, payload in blocks
        if kind == runfile.EVENTS
        for at in range(0, len(payload), size)
    ]
