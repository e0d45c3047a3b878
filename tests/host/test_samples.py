"""Raw samples: the host unpacks the packed samples of the pod bit by bit."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from retropod.build import folded
from retropod.client import wire
from retropod.errors import DamagedData
from retropod.runs import samples
from retropod.virtual.gaitmodel import scenario
from retrowire import framing, schema


def _gait(axes):
    recording = scenario("run", 416.0, 1, duration_s=10.0)
    both = np.hstack([recording.acc / (9.80665 * 976e-6), np.degrees(recording.gyr) / 70e-3])
    noisy = both + np.random.default_rng(2).normal(0.0, 2.0, both.shape)
    return np.clip(np.rint(noisy[:, :axes]), -32768, 32767).astype("<i2")


def _full_scale(axes):
    return np.random.default_rng(3).integers(-32768, 32768, (500, axes)).astype("<i2")


def _corners(axes):
    """Return the largest steps in both directions and the longest rests."""
    square = np.where(np.arange(700) // 7 % 2, 32767, -32768)
    return np.column_stack([np.roll(square, 3 * axis) for axis in range(axes)] or [square]).astype("<i2")


def _constant(axes):
    return np.full((1000, axes), -1234, "<i2")


@pytest.fixture
def packed(micropython, tmp_path):
    """Return a function from counts to the pod's raw messages, decoded from the wire."""

    def run(counts, block=16):
        path = tmp_path / "counts.bin"
        counts.tofile(path)
        script = Path(__file__).parent / "onpod" / "run_rawpacker.py"
        search = folded.folders().search_path
        done = subprocess.run(
            [str(micropython), str(script), str(path), str(counts.shape[1]), str(block)],
            env={**os.environ, "MICROPYPATH": search},
            capture_output=True,
            text=True,
            check=True,
        )
        return [bytes.fromhex(line) for line in done.stdout.split()]

    return run


def _decoded(payloads):
    return samples.decode([wire.decode(schema.RAW, payload) for payload in payloads])


@pytest.mark.parametrize("axes", [3, 6])
@pytest.mark.parametrize("make", [_gait, _full_scale, _corners, _constant])
def test_every_count_comes_back(packed, make, axes):
    counts = make(axes)
    got = _decoded(packed(counts))
    assert np.array_equal(got.counts, counts)
    assert np.array_equal(got.index, 1000 + np.arange(len(counts)))


@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 18, 33, 159, 160, 161, 163])
def test_any_number_of_samples(packed, count):
    counts = _gait(6)[600 : 600 + count]
    assert np.array_equal(_decoded(packed(counts)).counts, counts)


def test_blocks_of_any_size_give_the_same_messages(packed):
    counts = _gait(6)[:1500]
    assert packed(counts, 1) == packed(counts, 7) == packed(counts, 300)


def test_messages_fit_a_frame_and_are_shorter_than_counts(packed):
    counts = _gait(6)
    payloads = packed(counts)
    assert max(map(len, payloads)) <= framing.MAX_PAYLOAD
    assert sum(map(len, payloads)) < 0.6 * counts.nbytes


def test_noise_costs_no_more_than_its_counts(packed):
    counts = _full_scale(6)
    heads = 7 * len(packed(counts))
    assert sum(map(len, packed(counts))) <= counts.nbytes + heads


def test_a_frame_cut_short_is_damage(packed):
    payload = packed(_gait(6))[3]
    assert wire.decode(schema.RAW, payload).encoding == "rice"
    for cut in (payload[:-2], payload[:-40], payload[:12], payload + b"\0\0"):
        with pytest.raises(DamagedData):
            _decoded([cut])


def test_no_messages_are_no_samples():
    assert len(samples.decode([]).index) == 0
