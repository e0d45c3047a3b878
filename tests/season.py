"""Generated runs with known bouts, for tests and figures of stored runs. Written as a pod writes them."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from retropod import durable
from retropod.client import wire
from retropod.runs.store import Store
from retrowire import codec, runfile, schema

NOON = 1_800_000_000  # 2027-01-15 08:00 UTC
_BOUT = 60  # strides of a bout of a season
_PER_BLOCK = 13  # strides that fit the payload of a block


class Bout(NamedTuple):
    """Strides of one direction: `cadence_spm` of both feet, and a pause before it, in s."""

    direction: str
    strides: int
    cadence_spm: float = 170.0
    contact_s: float = 0.22
    length_m: float = 1.8
    pause_s: float = 0.0


def records(bouts: Sequence[Bout], uptime_s: float = 100.0, number: int = 1) -> np.ndarray:
    """Return the `stride` records of consecutive bouts."""
    made = np.zeros(sum(bout.strides for bout in bouts), wire.dtype("stride"))
    at = 0
    for bout in bouts:
        part = made[at : at + bout.strides]
        period_s = 120.0 / bout.cadence_spm
        uptime_s += bout.pause_s
        opened_ms = np.rint(1000 * (uptime_s + period_s * np.arange(bout.strides))).astype(np.int64)
        part["uptime_s"], part["uptime_ms"] = opened_ms // 1000, opened_ms % 1000
        part["period"] = round(1e4 * period_s)
        part["toe_off"] = round(1e4 * bout.contact_s / 2)
        part["contact"] = round(1e4 * (period_s - bout.contact_s / 2))
        part["contact_time"] = round(1e4 * bout.contact_s)
        part["direction"] = codec.value("direction", bout.direction)
        part["length"] = round(1000 * bout.length_m * (-1 if bout.direction == "backward" else 1))
        part["strike"] = codec.value("strike", "not_heel" if bout.direction == "backward" else "heel")
        at, uptime_s = at + bout.strides, uptime_s + period_s * bout.strides
    made["number"] = number + np.arange(len(made))
    made["sample"] = np.rint(416.0 * (made["uptime_s"] + made["uptime_ms"] / 1000))
    made["confidence"], made["pitch"], made["peak"], made["loading"] = 970, 50, 900, 300
    made["strike_confidence"] = 800
    return made


@lru_cache(20_000)  # The runs of a season share most blocks, and the checksums of a block take a millisecond.
def block(kind: int, sequence: int, payload: bytes) -> bytes:
    """Return a block of a run file."""
    out = bytearray(len(payload) + runfile.BLOCK_AROUND)
    return bytes(out[: runfile.block_into(kind, sequence, payload, len(payload), out)])


def header(**values: object) -> bytes:
    """Return the header of a run, with raw values and otherwise zeros."""
    known = {
        "run": 1, "device_id": bytes.fromhex("240ac40000010000"), "rate_mhz": 416_667, "acc_lsb_ug": 976,
        "gyr_lsb_udps": 70_000, "mount": 1, "uptime_s": 100, "length_factor": 1000, "boot_count": 1,
        "epoch_s": codec.none("I"), "side": 1, "model": 1, **values,
    }  # fmt: skip
    raw = [known.get(row[0], b"" if row[1].endswith("s") else 0) for row in codec.fields(schema.RUN_HEADER)]
    out = bytearray(runfile.HEADER_MAX)
    return bytes(out[: runfile.header_into(raw, (schema.STRIDE, schema.RAW, schema.EVENT), 0, 0, out)])


def run_file(
    bouts: Sequence[Bout],
    laps_s: Sequence[float] = (),
    start_s: int | None = NOON,
    raw: Sequence[bytes] = (),
    **values: object,
) -> bytes:
    """Return a run that begins at uptime 100 s and at `start_s` (s since 1970, None: unknown)."""
    size = wire.by_name("stride").size
    data = records(bouts).tobytes()
    content = header(**values)
    events = [wire.encode("event", kind="lap", uptime_s=int(at_s), uptime_ms=at_s % 1, a=number)
              for number, at_s in enumerate(laps_s, 1)]  # fmt: skip
    if start_s is not None:
        sync = wire.encode("event", kind="clock_sync", uptime_s=100, uptime_ms=0.0, a=start_s - 2**31, b=3000)
        events.insert(0, sync)
    events.append(wire.encode("event", kind="stopped", uptime_s=100, uptime_ms=0.0, a=len(data) // size, b=0))
    pieces = [(runfile.STRIDES, data[at : at + _PER_BLOCK * size]) for at in range(0, len(data), _PER_BLOCK * size)]
    pieces += [(runfile.RAW, message) for message in raw]
    blocks = [*pieces, *((runfile.EVENTS, event) for event in events)]
    for sequence, (kind, payload) in enumerate(blocks):
        content += block(kind, sequence, payload)
    return content


def stored(store: Store, content: bytes, pod: str = "240ac40000010000", run: int = 1) -> Path:
    """Store a run, and return its file."""
    path = store.path(pod, run)
    durable.make_folder(path.parent)
    path.touch(durable.PRIVATE_FILE)
    path.write_bytes(content)
    return path


def day_file(number: int, strides: int, pod: bytes, wearer: str) -> bytes:
    """Return the run of day `number` of a season: bouts of 60 strides, in turn forward and backward."""
    bouts = [
        Bout("backward" if at // _BOUT % 2 else "forward", min(_BOUT, strides - at)) for at in range(0, strides, _BOUT)
    ]
    return run_file(
        bouts, start_s=NOON + 86_400 * (number - 1), run=number, boot_count=number, device_id=pod,
        wearer=wearer.encode(), name=b"pod",
    )  # fmt: skip


def fill(store: Store, runs: int, strides: int, wearers: Sequence[str] = ("Ada", "Bo", "Cy")) -> Store:
    """Store `runs` runs of `strides` strides: one each day of each wearer, who has the pod 240ac4000000000N."""
    for at in range(runs):
        pod, number = bytes([36, 10, 196, 0, 0, 0, 0, at % len(wearers)]), at // len(wearers) + 1
        stored(store, day_file(number, strides, pod, wearers[at % len(wearers)]), pod.hex(), number)
    return store
