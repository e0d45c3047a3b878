"""Run files of strides and events made up for tests."""

from typing import Any

from host.test_runs import block, raw_values
from retropod.client import wire
from retrowire import codec, runfile, schema

NOON = 1_800_000_000
SYNC = {"kind": "clock_sync", "a": NOON - 2**31, "b": 3000, "uptime_s": 101}
LAPS = ({"kind": "lap", "a": 1, "uptime_s": 104}, {"kind": "lap", "a": 2, "uptime_s": 3_801})
WALKED = {"period": 1.0, "toe_off": 0.3, "contact": 0.7, "contact_time": 0.66, "confidence": 0.97}


def a_stride(number: int, **values: Any) -> bytes:
    """A backward walking stride, one per second."""
    fields = {"number": number, "sample": 416 * number, "uptime_s": 100 + number, "uptime_ms": 0.0,
              "direction": "backward", "length": -0.9, "lateral": 0.0, **WALKED}  # fmt: skip
    return wire.encode("stride", **{**fields, **values})


def an_event(kind: Any, uptime_s: int | None, a: int = 0, b: int = 0) -> bytes:
    return wire.encode("event", kind=kind, uptime_s=uptime_s, uptime_ms=0.0, a=a, b=b)


def contents(strides: list[bytes], events: list[dict[str, Any]], **header: Any) -> bytes:
    """A run file with these strides and events, and with these fields of its header."""
    out = bytearray(runfile.HEADER_MAX)
    fields = {"run": 3, "rate_mhz": 416_667, "mount": 1, "uptime_s": 100, "length_factor": 1000,
              "boot_count": 1, "epoch_s": codec.none("I"), **header}  # fmt: skip
    held = (schema.STRIDE, schema.EVENT)
    content = bytes(out[: runfile.header_into(raw_values(schema.RUN_HEADER, **fields), held, 0, 0, out)])
    parts = [(runfile.STRIDES, b"".join(strides[at : at + 10])) for at in range(0, len(strides), 10)]
    parts += [(runfile.EVENTS, b"".join(an_event(**event) for event in events))] if events else []
    return content + b"".join(block(kind, number, payload) for number, (kind, payload) in enumerate(parts))
