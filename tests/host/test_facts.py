"""Facts of a run for the index: equal to the metrics of the strides, for plausible and for random strides."""

import math
import random

import numpy as np
import pytest

import season
from fuzz import mutate
from host.test_runs import block, run_file
from retropod.client import wire
from retropod.errors import RetropodError
from retropod.insight.bouts import bout_strides
from retropod.insight.summary import summarise
from retropod.runs import facts, reader
from retropod.runs.timing import began_s, lasted_s
from retrowire import runfile


def of(rows, tmp_path):
    """Write a run of these rows and return its facts and its strides as objects."""
    head = season.header(wearer=b"x")
    each = 10 * rows.itemsize
    content = rows.tobytes()
    payloads = [content[at : at + each] for at in range(0, len(content), each)]
    path = tmp_path / "run.rpr"
    path.write_bytes(head + b"".join(block(runfile.STRIDES, at, one) for at, one in enumerate(payloads)))
    return facts.read(path), reader.read(path)


def check(known, run):
    summary = summarise(run.strides)
    assert known.strides == summary.count
    for direction, metres in summary.distance_m.items():
        assert metres == (None if known.metres[direction] is None else pytest.approx(known.metres[direction])), (
            direction
        )
    for direction, seconds in known.seconds.items():
        counted = [one.cycle_s or one.period_s or 0.0 for one in run.strides if one.direction == direction]
        assert seconds == pytest.approx(sum(counted)), direction
    began = began_s(run) or 0.0
    bouts = list(bout_strides(run.strides))
    assert [(one.direction, one.strides) for one in known.bouts] == [(one[0].direction, len(one)) for one in bouts]
    for one, strides in zip(known.bouts, bouts, strict=True):
        times = (strides[0].uptime_s or 0.0) - began, strides[-1].end_s - began
        assert (one.start_s, one.end_s) == pytest.approx(times)
        metres = summarise(strides).distance_m[one.direction]
        assert one.metres == (None if metres is None else pytest.approx(metres))
    assert known.duration_s == pytest.approx(lasted_s(run))


def rows_of(seed, count=400):
    """Plausible strides with pauses, turns, flags, unknown lengths, and some impossible values."""
    rng = np.random.default_rng(seed)
    rows = np.zeros(count, wire.dtype("stride"))
    start_ms = 100_000 + np.cumsum(rng.choice([650, 700, 720, 5000], count, p=[0.3, 0.4, 0.29, 0.01]))
    direction = np.repeat(rng.integers(0, 6, count // 8 + 1), 8)[:count]
    columns = {
        "number": np.arange(count), "uptime_s": start_ms // 1000, "uptime_ms": start_ms % 1000,
        "period": rng.choice([6500, 7000, 0xFFFF], count, p=[0.5, 0.48, 0.02]), "toe_off": 1000, "contact": 5800,
        "contact_time": rng.integers(1500, 3000, count), "direction": np.where(rng.random(count) < 0.05, 0, direction),
        "length": rng.choice([-900, 1400, -0x8000, 4000, 20_000], count, p=[0.45, 0.5, 0.03, 0.01, 0.01]),
        "lateral": rng.integers(-200, 200, count), "flags": rng.choice([0, 1, 4, 32, 1 << 15], count),
    }  # fmt: skip
    for name, values in columns.items():
        rows[name] = values
    return rows


@pytest.mark.parametrize("seed", range(5))
def test_the_facts_are_those_of_insight(seed, tmp_path):
    known, run = of(rows_of(seed), tmp_path)
    assert len(known.bouts) > 5 and known.run.whole
    check(known, run)


@pytest.mark.parametrize("seed", range(3))
def test_random_bytes_have_the_same_facts(seed, tmp_path):
    content = random.Random(seed).randbytes(300 * wire.dtype("stride").itemsize)
    check(*of(np.frombuffer(content, wire.dtype("stride")), tmp_path))


def test_a_run_without_lengths_has_no_distance(tmp_path):
    rows = rows_of(1)
    rows["length"], rows["direction"] = -0x8000, 1
    known, run = of(rows, tmp_path)
    assert known.metres["forward"] is None and known.metres["lateral"] == 0.0
    check(known, run)


def test_a_run_without_strides_has_facts(tmp_path):
    known, run = of(rows_of(1, 0), tmp_path)
    assert known.bouts == [] and sum(known.strides.values()) == 0
    check(known, run)


def test_a_block_with_a_cut_stride_counts_as_missing(tmp_path):
    path = tmp_path / "run.rpr"
    path.write_bytes(run_file()[:600] + block(runfile.STRIDES, 900, b"x" * 50))
    skimmed, whole = reader.read(path, skim=True), reader.read(path)
    assert skimmed.missing == whole.missing > 1


def test_damaged_files_end_with_an_error_or_facts(tmp_path):
    """Mutations of a run, each with up to eight changes, and cut runs."""
    generator, path, counts = random.Random(5), tmp_path / "run.rpr", [0, 0]
    for number in range(150):
        change = mutate.truncated if number % 3 == 0 else mutate.mutated
        path.write_bytes(change(run_file(), generator))
        try:
            known = facts.read(path)
        except RetropodError:
            counts[0] += 1
        else:
            counts[1] += 1
            check(known, reader.read(path))
            assert all(math.isfinite(metres or 0.0) for metres in known.metres.values())
    assert min(counts) > 5
