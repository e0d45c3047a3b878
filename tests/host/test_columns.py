"""Columns of many strides: each value is that of `Stride`."""

import random

import numpy as np
import pytest

from retropod.client import wire
from retropod.insight.columns import Coded, columns
from retropod.insight.stride import Stride
from retrowire import schema

NUMBERS = (
    "uptime_s", "period_s", "toe_off_s", "contact_s", "contact_time_s", "confidence", "along_m", "lateral_m", "rise_m",
    "yaw_deg", "pitch_deg", "peak_g", "loading_g_per_s", "strike_confidence", "cycle_s", "speed_mps", "length_m",
    "cadence_spm", "aerial_time_s",
)  # fmt: skip
LAYOUT = wire.by_name("stride")


def strides(records: bytes) -> list[Stride]:
    found: list[Stride] = []
    for at in range(0, len(records), LAYOUT.size):
        message = LAYOUT.decode(records[at : at + LAYOUT.size])
        found.append(Stride.of(message, found[-1] if found else None))
    return found


def plausible(chance: random.Random, number: int) -> bytes:
    """Return a record near the limits of the metrics, with some unknown values and some missing strides."""
    period = chance.uniform(0.2, 3.4)
    values = {
        "number": number + chance.choice([0, 0, 0, 1]), "sample": 400 * number, "uptime_s": number,
        "uptime_ms": chance.random() * 0.999, "period": period, "toe_off": chance.uniform(0.0, 0.6) * period,
        "contact": chance.uniform(0.4, 1.0) * period, "contact_time": chance.uniform(0.05, 1.0) * period,
        "direction": chance.choice(["forward", "backward", "lateral_left", "lateral_right", "unknown", 77]),
        "confidence": chance.uniform(0.5, 1.1), "length": chance.uniform(-11, 11), "lateral": chance.uniform(-2, 2),
        "rise": 0.1, "yaw": 3.0, "pitch": chance.uniform(-190, 190), "peak": chance.uniform(1, 65), "loading": 300,
        "strike": chance.choice(["heel", "not_heel", "unknown", 9]), "strike_confidence": 0.8,
        "flags": chance.randrange(1024),
    }  # fmt: skip
    unknown = ("period", "toe_off", "contact", "contact_time", "length", "lateral", "uptime_s")
    return wire.encode(
        "stride", **{k: None if k in unknown and chance.random() < 0.1 else v for k, v in values.items()}
    )


def running(chance: random.Random) -> bytes:
    """Return the records of a run whose strides follow each other, with some wrong events and some missing strides."""
    records, contact_ms = [], 300
    for number in range(2000):
        opened_ms = contact_ms + 100
        next_ms = contact_ms + chance.choice([700, 705, 690, 1300, 2350, 3000])  # also pauses
        opened_ms += chance.choice([0, 0, 0, next_ms - contact_ms - 700])  # The pause is before or after the opening.
        toe_off_ms = opened_ms + chance.choice([60, 62, 90])
        fields = {
            "number": number, "uptime_s": opened_ms // 1000, "uptime_ms": opened_ms % 1000 / 1000,
            "period": (next_ms + 100 - opened_ms) / 1000, "toe_off": (toe_off_ms - opened_ms) / 1000,
            "contact": (next_ms - opened_ms) / 1000, "contact_time": (toe_off_ms - contact_ms) / 1000,
            "direction": "forward", "length": 1.4, "flags": chance.choice([0, 0, 0, 1, 4, 8, 128, 1024]),
        }  # fmt: skip
        if chance.random() < 0.9:
            records.append(wire.encode("stride", **{k: v for k, v in fields.items() if chance.random() < 0.99}))
        contact_ms = next_ms
    return b"".join(records)


def compare(records: bytes) -> None:
    found, expected = columns(LAYOUT, records), strides(records)
    for name in NUMBERS:
        wanted = [getattr(stride, name) for stride in expected]
        np.testing.assert_allclose(
            found[name], [np.nan if one is None else one for one in wanted], 1e-9, 1e-9, err_msg=name
        )
    for name in ("number", "sample"):
        assert found[name].tolist() == [getattr(stride, name) for stride in expected]
    texts = {name: found[name] for name in ("direction", "lateral_side", "strike", "flags")}
    assert all(isinstance(one, Coded) for one in texts.values())
    assert texts["direction"].texts() == [stride.direction for stride in expected]
    assert texts["lateral_side"].texts() == [stride.side for stride in expected]
    assert texts["strike"].texts() == [stride.strike for stride in expected]
    assert texts["flags"].texts() == [" ".join(stride.flags) or None for stride in expected]


@pytest.mark.parametrize("seed", range(4))
def test_the_columns_are_those_of_each_stride(seed: int) -> None:
    chance = random.Random(seed)
    compare(b"".join(plausible(chance, number) for number in range(1000)))


def test_strides_that_follow_each_other_share_their_intervals() -> None:
    records = running(random.Random(7))
    assert sum(len(stride.intervals_s) == 2 for stride in strides(records)) > 1000
    compare(records)


def test_random_bytes_give_the_same_columns() -> None:
    compare(random.Random(5).randbytes(2000 * LAYOUT.size))


def test_an_older_run_without_a_field() -> None:
    row = next(row for row in wire.codec.messages() if row[0] == schema.STRIDE)
    without = tuple(field for field in row[4] if field[0] not in ("flags", "loading"))
    layout = wire.Layout((*row[:4], without))
    found = columns(layout, bytes(3 * layout.size))
    assert np.isnan(found["loading_g_per_s"]).all()
    assert found["flags"].texts() == [None] * 3
