"""Metrics of many strides at once, as columns of numpy: the values of `Stride`, faster.

`Stride` defines the metrics. A test compares both for random records.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retropod.client.messages import StrideMessage
from retropod.client.wire import Layout
from retropod.insight.caveats import reasons_of
from retropod.insight.stride import (
    CYCLE_S,
    DUTY_FACTORS,
    FASTEST_MPS,
    POSSIBLE,
    SAME_CONTACT_S,
    STANCE_SHARE,
    STILL_SHARE,
    USUAL_STANCE_S,
    Stride,
)
from retrowire import schema

Floats = NDArray[np.float64]
Records = NDArray[Any]

# Field of the wire for each number of `Stride`.
_FIELD = {
    "period_s": "period", "toe_off_s": "toe_off", "contact_s": "contact", "contact_time_s": "contact_time",
    "confidence": "confidence", "along_m": "length", "lateral_m": "lateral", "rise_m": "rise", "yaw_deg": "yaw",
    "pitch_deg": "pitch", "peak_g": "peak", "loading_g_per_s": "loading", "strike_confidence": "strike_confidence",
}  # fmt: skip


@dataclass(frozen=True)
class Coded:
    """A column of few different texts: `codes` (N,) are indices into `words`. None: unknown."""

    codes: NDArray[np.int32]
    words: Sequence[str | None]

    def texts(self) -> list[str | None]:
        """Return the texts, in order."""
        return [self.words[code] for code in self.codes.tolist()]


Values = NDArray[Any] | Coded


def columns(layout: Layout, content: bytes) -> dict[str, Values]:
    """Return the fields and metrics of the `stride` records in `content`, by their names in `Stride`.

    Unknown numbers are NaN. `lateral_side` is `Stride.side`, and `flags` is a text of all flags.
    """
    records = np.frombuffer(content, layout.dtype)
    words = _words(layout, records)
    whole = {name: _integers(records, name) for name in ("number", "sample")}
    return {**whole, **_numbers(layout, records, words["flags"]), **words}


def times_s(layout: Layout, content: bytes) -> Floats:
    """Return the time of each `stride` record in `content` that counts for the metric `time_s`, in s."""
    records = np.frombuffer(content, layout.dtype)
    known = _numbers(layout, records, _words(layout, records)["flags"])
    return np.where(np.isnan(known["cycle_s"]), np.nan_to_num(known["period_s"]), known["cycle_s"])


def _numbers(layout: Layout, records: Records, flags: Coded) -> dict[str, Floats]:
    """Return the measured fields and the metrics."""
    raw = {name: si_values(layout, records, field) for name, field in _FIELD.items()}
    raw["uptime_s"] = si_values(layout, records, "uptime_s") + si_values(layout, records, "uptime_ms")
    numbers = {name: _possible(name, values) for name, values in raw.items()}
    return numbers | _metrics(numbers, _intervals_s(raw, numbers), flags)


def si_values(layout: Layout, records: Records, name: str) -> Floats:
    """Return a field in its SI unit, NaN where it is unknown."""
    field = next((field for field in layout.fields if field.name == name), None)
    if field is None:
        return np.full(len(records), np.nan)
    values = records[name].astype(np.float64)
    values = values / 10**-field.exponent if field.exponent < 0 else values * 10**field.exponent
    return np.where(records[name] == schema.NONE[field.code], np.nan, values) if field.unit else values


def _integers(records: Records, name: str) -> NDArray[np.int64]:
    known = records.dtype.names or ()
    return records[name].astype(np.int64) if name in known else np.zeros(len(records), np.int64)


def _possible(name: str, values: Floats) -> Floats:
    least, most = POSSIBLE[name]
    return np.where((values >= least) & (values <= most), values, np.nan)


def _intervals_s(raw: dict[str, Floats], numbers: dict[str, Floats]) -> list[Floats]:
    """Return the times since toe-off and closing mid-stance of the previous stride, NaN if that stride is missing."""
    this = {name: values[1:] for name, values in raw.items()}
    before = {name: values[:-1] for name, values in numbers.items()}
    apart_s = this["uptime_s"] - before["uptime_s"]
    contacts_s = apart_s + this["toe_off_s"] - this["contact_time_s"] - before["contact_s"]
    apart_s = np.where((np.abs(contacts_s) <= SAME_CONTACT_S) & ~np.isnan(before["toe_off_s"]), apart_s, np.nan)
    first = np.full(min(1, len(raw["uptime_s"])), np.nan)
    return [np.concatenate([first, apart_s + this[name] - before[name]]) for name in ("toe_off_s", "period_s")]


def _metrics(numbers: dict[str, Floats], intervals_s: Sequence[Floats], flags: Coded) -> dict[str, Floats]:
    """Return the derived metrics, and the contact time without those of a standing foot."""
    swing_s = numbers["contact_s"] - numbers["toe_off_s"]
    swing_s = np.where(swing_s < 0, np.nan, swing_s)
    still_s = np.where(numbers["period_s"] > 0, intervals_s[-1] - numbers["period_s"], np.nan)
    contact_time_s = _walked(numbers["contact_time_s"], swing_s, np.nan_to_num(still_s))
    cycle_s = _cycle_s([contact_time_s + swing_s, *intervals_s])
    cycle_s = np.where(np.isnan(contact_time_s) | _unreliable(flags, "cycle_s"), np.nan, cycle_s)
    duty = contact_time_s / cycle_s
    wrong = _unreliable(flags, "contact_time_s") | (duty < DUTY_FACTORS[0]) | (duty > DUTY_FACTORS[1])
    contact_time_s = np.where(wrong, np.nan, contact_time_s)
    speed_mps = numbers["along_m"] / cycle_s
    aerial_s = cycle_s / 2 - contact_time_s
    return {
        "contact_time_s": contact_time_s,
        "cycle_s": cycle_s,
        "speed_mps": np.where(np.abs(speed_mps) > FASTEST_MPS, np.nan, speed_mps),
        "length_m": np.hypot(numbers["along_m"], np.nan_to_num(numbers["lateral_m"])),
        "cadence_spm": 120.0 / cycle_s,
        "aerial_time_s": np.where(aerial_s > 0, aerial_s, np.nan),
    }


def _unreliable(flags: Coded, name: str) -> NDArray[np.bool_]:
    """Return whether the flags of a stride make a field or metric unreliable."""
    found = [bool(reasons_of((word or "").split(), name)) for word in flags.words]
    return np.array(found, bool)[flags.codes]


def _walked(contact_time_s: Floats, swing_s: Floats, still_s: Floats) -> Floats:
    """Return the contact times without those of a standing foot."""
    cycle_s = contact_time_s + np.nan_to_num(swing_s)
    stood = (cycle_s > CYCLE_S[1]) | (contact_time_s > STANCE_SHARE * cycle_s) | (still_s > STILL_SHARE * cycle_s)
    return np.where((contact_time_s > USUAL_STANCE_S) & stood, np.nan, contact_time_s)


def _cycle_s(intervals_s: Sequence[Floats]) -> Floats:
    """Return the median of the three intervals, as far as they are known and possible."""
    stacked = np.stack(intervals_s)
    ordered = np.sort(np.where((stacked >= CYCLE_S[0]) & (stacked <= CYCLE_S[1]), stacked, np.nan), axis=0)
    known = np.sum(~np.isnan(ordered), axis=0)
    return np.where(known == 2, (ordered[0] + ordered[1]) / 2, np.where(known == 3, ordered[1], ordered[0]))


def _words(layout: Layout, records: Records) -> dict[str, Coded]:
    return {
        "direction": _coded(layout, records, "direction", lambda stride: stride.direction),
        "lateral_side": _coded(layout, records, "direction", lambda stride: stride.side),
        "strike": _coded(layout, records, "strike", lambda stride: stride.strike),
        "flags": _coded(layout, records, "flags", lambda stride: " ".join(stride.flags) or None),
    }


def _coded(layout: Layout, records: Records, field: str, word: Callable[[Stride], str | None]) -> Coded:
    """Return a text of each stride, which depends on one field: decode one stride for each value of the field."""
    numbers = records[field] if field in (records.dtype.names or ()) else np.zeros(len(records), np.uint8)
    _, first, codes = np.unique(numbers, return_index=True, return_inverse=True)
    messages = [layout.decode(records[place].tobytes()) for place in first]
    words = [word(Stride.of(message)) for message in messages if isinstance(message, StrideMessage)]
    return Coded(codes.astype(np.int32), words)
