"""Accelerometer-only mode: runners whose foot shakes in stance."""

import numpy as np
import pytest
import scipy

from bench.registry import NotMeasured, recordings
from retropod import recording, sources
from retropod.score import engine_runner, labels
from retropod.score.engine_runner import EngineJob, EngineSamples
from retropod.score.matching import DetectedStride, match
from retropod.virtual.resample import resample
from shared import scenario

RATE_HZ = 208.0
LSB_G = 976e-6
DIRECTIONS = ("forward", "backward", "lateral")
MERGED = "backward"  # the one such label of the running set joins two strides and a half turn


def _counts(acc):
    return np.clip(np.rint(acc / (engine_runner.G * LSB_G)), -32767, 32767).astype("<i2")


def _strides(acc, rate_hz=RATE_HZ):
    samples = EngineSamples("running", rate_hz, _counts(acc))
    found = engine_runner.run([EngineJob(samples)], sources.firmware_dir())[0]
    return [DetectedStride(s["toe_off_s"], s["contact_s"], s["direction"], s["confidence"]) for s in found]


def _restless(moved, amount_g):
    """Return the acceleration with shaking of 20 to 50 Hz (total rms `amount_g`) from each contact to the toe-off."""
    shaking = np.random.default_rng(1).normal(size=moved.acc.shape)
    shaking = scipy.signal.sosfiltfilt(
        scipy.signal.butter(3, (20, 50), "band", fs=moved.fs, output="sos"), shaking, axis=0
    )
    shaking *= amount_g * engine_runner.G / np.sqrt((shaking**2).sum(1).mean())
    t = np.arange(len(shaking)) / moved.fs
    ends = zip(moved.strides, moved.strides[1:], strict=False)
    stands = np.any([(t > one.contact_s) & (t < after.toe_off_s) for one, after in ends], axis=0)
    return moved.acc + shaking * stands[:, None]


@pytest.mark.parametrize("amount_g", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("name", ["backward-jog", "backward-run"])
def test_a_foot_that_shakes_in_stance_is_found(name, amount_g, micropython):
    moved = scenario(name, RATE_HZ, 3)
    strides = _strides(_restless(moved, amount_g))
    middles = [stride.middle_s for stride in strides]
    missed = sum(not any(one.t0_s <= middle < one.t1_s for middle in middles) for one in moved.strides)
    assert missed <= 0.2 * len(moved.strides)
    assert {stride.direction for stride in strides} <= {"backward", "unknown"}


@pytest.fixture(scope="module")
def running():
    try:
        return recordings("running")
    except NotMeasured as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize(
    ("name", "gait", "share"), [("vicon", "run", 0.9), ("llio", "jog", 0.8), ("fuzzylabs", "run", 0.7)]
)
def test_recorded_runners_are_found(name, gait, share, running, micropython):
    own = labels.read(running)
    pairs = []
    for recorded in [one for one in own.names if one.startswith(name)]:
        held = recording.load(running / f"{recorded}.npz")
        strides = _strides(resample(held.acc_mps2, held.rate_hz, RATE_HZ))
        kept = [one for one in own.labels if one.recording == recorded and one.direction != MERGED]
        pairs += match(recorded, kept, strides, []).pairs
    runs = [found for label, found in pairs if label.gait == gait]
    assert len(runs) >= 20
    assert sum(found is not None for found in runs) >= share * len(runs)
    directed = [(label, found) for label, found in pairs if found and label.direction in DIRECTIONS]
    assert sum(found.direction not in (label.direction, "unknown") for label, found in directed) <= 2
