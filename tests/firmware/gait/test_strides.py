"""Decisions of the six-axis engine on model gait, gaps, unknown mounts and motions that are not strides."""

import numpy as np
import pytest

from retropod import sources
from retropod.score import engine_runner
from retropod.score.engine_runner import EngineJob, EngineSamples
from shared import scenario

RATE_HZ = 208.0
G = 9.80665
GAP, CLIPPED_ACC, MOUNT_UNVERIFIED, BIAS_UNKNOWN = 1, 2, 16, 32

pytestmark = pytest.mark.usefixtures("micropython")


def _samples(acc, gyr, rate_hz=RATE_HZ):
    both = np.hstack([acc / (G * 976e-6), np.degrees(gyr) / 70e-3])
    return EngineSamples("samples", rate_hz, np.clip(np.rint(both), -32767, 32767).astype("<i2"))


def _run(samples, **how):
    return engine_runner.run([EngineJob(samples, **how)], sources.firmware_dir())[0]


def _matched(recording, strides):
    """Return (truth, stride) for each labelled stride with its middle in a swing, and the number of other strides."""
    pairs, extra = [], 0
    for stride in strides:
        middle = (stride["toe_off_s"] + stride["contact_s"]) / 2
        truth = [s for s in recording.strides if s.t0_s <= middle < s.t1_s]
        if truth and truth[0] not in [t for t, _ in pairs]:
            pairs.append((truth[0], stride))
        else:
            extra += 1
    return pairs, extra


@pytest.mark.parametrize("rate_hz", [104.0, 208.0, 416.0])
@pytest.mark.parametrize(
    ("name", "direction"),
    [("walk", "forward"), ("run", "forward"), ("backward-walk", "backward"), ("backward-run", "backward"),
     ("side-left", "lateral"), ("stairs-up", "forward"), ("stairs-down", "forward")],
)  # fmt: skip
def test_model_gait_is_found_and_named(name, direction, rate_hz):
    recording = scenario(name, rate_hz, 11)
    pairs, extra = _matched(recording, _run(_samples(recording.acc, recording.gyr, rate_hz)))
    assert len(pairs) >= 0.95 * len(recording.strides)
    assert extra == 0
    assert {stride["direction"] for _, stride in pairs} == {direction}
    errors = [stride["length_m"] - np.hypot(truth.length_m, truth.lateral_m) for truth, stride in pairs]
    assert np.median(np.abs(errors)) < 0.025


def test_left_is_left():
    recording = scenario("sideways", RATE_HZ, 11)
    pairs, _ = _matched(recording, _run(_samples(recording.acc, recording.gyr)))
    sides = {truth.label: stride["side"] for truth, stride in pairs}
    assert sides == {"lateral_left": "left", "lateral_right": "right"}


def test_a_stride_is_out_within_120_ms_of_its_stance():
    recording = scenario("hill-intervals", RATE_HZ, 11)
    late = [s["emit_s"] - s["close_s"] for s in _run(_samples(recording.acc, recording.gyr))]
    assert len(late) > 100
    assert max(late) <= 0.12


@pytest.mark.parametrize("mount", [0, 3])
def test_an_unknown_mount_decides_nothing(mount):
    recording = scenario("walk", RATE_HZ, 11)
    strides = _run(_samples(recording.acc, recording.gyr), mount=mount)
    assert len(strides) > 10
    assert {s["direction"] for s in strides} == {"unknown"}
    assert all(s["flags"] & MOUNT_UNVERIFIED and s["confidence"] <= 0.5 for s in strides)


@pytest.mark.parametrize("lost", [3, 40, 300, 3000])
def test_a_gap_flags_its_stride_and_the_engine_goes_on(lost):
    recording = scenario("walk", RATE_HZ, 11)
    at = int(12 * RATE_HZ)
    samples = _samples(recording.acc, recording.gyr)
    cut = EngineSamples("cut", RATE_HZ, np.delete(samples.counts, np.s_[at : at + min(lost, 400)], axis=0))
    strides = _run(cut, gaps=[(at, lost)])
    whole = _run(samples)
    later = [s for s in strides if s["open_s"] > (at + lost) / RATE_HZ + 3]
    same = [s for s in whole if s["open_s"] > (at + min(lost, 400)) / RATE_HZ + 3]
    shift = (lost - min(lost, 400)) / RATE_HZ
    assert [s["contact_s"] - shift for s in later] == pytest.approx([s["contact_s"] for s in same], abs=0.03)
    assert {s["direction"] for s in later} == {"forward"}
    across = [s for s in strides if s["open_s"] < at / RATE_HZ < s["close_s"]]
    assert all(s["flags"] & GAP and s["direction"] == "unknown" for s in across)


@pytest.mark.parametrize("name", ["standing", "tap", "jump", "shuffle", "disturbances"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_stride_is_invented(name, seed):
    recording = scenario(name, RATE_HZ, seed)
    assert _run(_samples(recording.acc, recording.gyr)) == []


def test_a_pod_carried_in_a_bag_takes_no_strides():
    """A bag swings and bounces at step rate and never rests: 1.9 Hz vertically, half of that horizontally."""
    t = np.arange(0, 60, 1 / RATE_HZ)
    random = np.random.default_rng(3)
    swing = 0.25 * np.sin(2 * np.pi * 0.95 * t + 0.4)
    rate = np.gradient(swing, 1 / RATE_HZ)
    up = G + 3.0 * np.sin(2 * np.pi * 1.9 * t)
    ahead = 0.8 * np.sin(2 * np.pi * 0.95 * t)
    acc = np.stack([ahead * np.cos(swing) - up * np.sin(swing), 0 * t, up * np.cos(swing) + ahead * np.sin(swing)], 1)
    gyr = np.stack([0 * t, rate, 0 * t], 1)
    acc += random.normal(0, 0.15, acc.shape)
    gyr += random.normal(0, 0.03, gyr.shape)
    assert _run(_samples(acc, gyr)) == []


def test_the_gyroscope_bias_is_learned_at_rest():
    recording = scenario("walk", RATE_HZ, 11)
    gyr = recording.gyr + np.radians([4.0, -6.0, 3.0])
    strides = _run(_samples(recording.acc, gyr))
    assert not any(s["flags"] & BIAS_UNKNOWN for s in strides)
    pairs, _ = _matched(recording, strides)
    assert np.median([abs(s["length_m"] - abs(t.length_m)) for t, s in pairs]) < 0.025
    moving = int(next(s for s in recording.strides).t1_s * RATE_HZ)
    unknown = _run(_samples(recording.acc[moving:], gyr[moving:]))
    assert unknown[0]["flags"] & BIAS_UNKNOWN


def test_a_clipped_accelerometer_is_said():
    recording = scenario("run", RATE_HZ, 11)
    acc = np.clip(recording.acc, -8 * G, 8 * G)
    at_32_g = _samples(acc, recording.gyr).counts
    at_8_g = np.clip(at_32_g * np.array([4, 4, 4, 1, 1, 1]), -32767, 32767).astype("<i2")
    job = EngineJob(EngineSamples("8 g", RATE_HZ, at_8_g), chip=engine_runner.ChipScale(acc_lsb_ug=244))
    strides = engine_runner.run([job], sources.firmware_dir())[0]
    assert len(strides) > 20
    assert np.mean([bool(s["flags"] & CLIPPED_ACC) for s in strides]) > 0.5
    assert {s["direction"] for s in strides} == {"forward"}
