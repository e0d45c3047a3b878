"""A generated season in a store: runs of several wearers as their pods write them, for figures and tests of the store.

The strides are plausible and not from the gait model: the figures measure the handling of files, not of motion.
"""

from functools import cache
from pathlib import Path

import numpy as np

from retropod.client import wire
from retropod.durable import PRIVATE_FILE, PRIVATE_FOLDER
from retropod.runs.store import Store
from retrowire import codec, framing, runfile, schema

_FIRST_S = 1_767_600_000  # January 2026
_PERIOD_S = 0.7
_BOUT = 60  # strides in one direction
_EVERY_S = 86_400
_SYNC_ERROR_MS = 8


def make(root: Path, wearers: int, runs: int, strides: int) -> Store:
    """Write `runs` runs of `wearers` wearers with `strides` strides in total. Return their store."""
    store = Store(root)
    root.mkdir(exist_ok=True)
    root.chmod(PRIVATE_FOLDER)
    for run in range(runs):
        wearer = run % wearers
        pod = bytes([36, 10, 196, 0, 0, 0, 0, wearer])
        path = store.path(pod.hex(), run // wearers + 1)
        path.parent.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
        path.touch(PRIVATE_FILE)
        path.write_bytes(run_file(run // wearers + 1, strides // runs, pod, f"wearer {wearer}"))
    return store


def run_file(run: int, strides: int, pod: bytes, wearer: str) -> bytes:
    """Return a run with a clock sync, bouts of 60 strides in turn forward and backward, and its end."""
    epoch_s = _FIRST_S + run * _EVERY_S
    values = {"run": run, "device_id": pod, "wearer": wearer.encode(), "name": b"pod", "rate_mhz": 208_000, "mount": 2,
              "boot_count": run, "uptime_s": 100, "clock_state": 1, "epoch_s": epoch_s}  # fmt: skip
    sync = event(1, 100, codec.value("event", "clock_sync"), epoch_s - (1 << 31), _SYNC_ERROR_MS * 1000)
    last_s = 100 + int(strides * _PERIOD_S) + 1
    inner = _stride_blocks(strides)
    end = event(2, last_s, codec.value("event", "stopped"), strides, 0)
    return b"".join((
        header(values), block(runfile.EVENTS, 0, sync), *inner, block(runfile.EVENTS, len(inner) + 1, end)
    ))  # fmt: skip


def header(values: dict[str, int | bytes]) -> bytes:
    """Return the header of a run from raw values, the other values zero or empty."""
    raw = [values.get(one[0], b"" if one[1].endswith("s") else 0) for one in codec.fields(schema.RUN_HEADER)]
    out = bytearray(runfile.HEADER_MAX)
    return bytes(out[: runfile.header_into(raw, (schema.STRIDE, schema.EVENT), 0, 0, out)])


def event(number: int, uptime_s: int, kind: int, a: int, b: int) -> bytes:
    """Return the payload of an event."""
    out = bytearray(codec.size(schema.EVENT))
    codec.pack_into(schema.EVENT, [kind, uptime_s, 0, number, a, b], out, 0)
    return bytes(out)


def block(kind: int, sequence: int, payload: bytes) -> bytes:
    """Return a block of a run file."""
    out = bytearray(len(payload) + runfile.BLOCK_AROUND)
    return bytes(out[: runfile.block_into(kind, sequence, payload, len(payload), out)])


@cache
def _stride_blocks(strides: int) -> list[bytes]:
    """Return the strides in blocks as long as the pod's, for any run: a block takes a millisecond."""
    rows = np.zeros(strides, wire.dtype("stride"))
    number = np.arange(strides)
    start_ms = 100_000 + (number * _PERIOD_S * 1000).astype(np.int64)
    backward = number // _BOUT % 2 == 1
    columns = {
        "number": number, "sample": number * 146, "uptime_s": start_ms // 1000, "uptime_ms": start_ms % 1000,
        "period": _PERIOD_S * 1e4, "toe_off": 1000, "contact": 5800, "contact_time": 2200 + number % 50,
        "direction": np.where(backward, codec.value("direction", "backward"), codec.value("direction", "forward")),
        "confidence": 970, "length": np.where(backward, -900, 1400) + number % 37, "lateral": number % 11,
        "peak": 900 + number % 100, "strike": codec.value("strike", "heel"), "strike_confidence": 800,
        "flags": np.where(number % 97 == 0, 1, 0),
    }  # fmt: skip
    for name, values in columns.items():
        rows[name] = values
    each = framing.MAX_PAYLOAD // rows.itemsize
    payloads = [rows[at : at + each].tobytes() for at in range(0, strides, each)]
    return [block(runfile.STRIDES, 1 + at, payload) for at, payload in enumerate(payloads)]
