"""Accelerometer-only mode: no confidence without signs of a step, nor at a pace without recordings."""

import numpy as np
import pytest

from bench.bench_motions import CONFIDENT, false_alarm
from bench.motions import MOTIONS, samples
from checked.runtime import gait
from retropod import sources
from retropod.score import engine_runner
from retropod.score.engine_runner import EngineJob, EngineSamples
from shared import scenario

RATE_HZ = 208.0
LSB_G = 976e-6
TOO_SLOW = 512
ALIKE = 2  # strides before the confidence is not limited
STILL = [one for one in MOTIONS if not one.gait]


def _run(jobs):
    return engine_runner.run(jobs, sources.firmware_dir())


def _walk(kind, **how):
    moved = scenario(kind, RATE_HZ, 1, **how)
    counts = np.clip(np.rint(moved.acc / (engine_runner.G * LSB_G)), -32767, 32767).astype("<i2")
    return _run([EngineJob(EngineSamples(kind, RATE_HZ, counts))])[0]


@pytest.mark.parametrize("motion", STILL, ids=lambda one: one.name)
def test_a_motion_without_steps_gives_no_confident_stride(motion, micropython):
    made = [(motion.pose(seed), seed) for seed in (101, 102)]
    signals = [samples(pose, seed) for pose, seed in made]
    jobs = [EngineJob(EngineSamples(motion.name, one.rate_hz, one.counts[:, :3].copy())) for one in signals]
    strides = [(one, pose.walked) for found, (pose, _) in zip(_run(jobs), made, strict=True) for one in found]
    assert not any(false_alarm(one, walked, gait=False) for one, walked in strides)


@pytest.mark.parametrize("kind", ["walk", "backward-walk"])
@pytest.mark.parametrize("speed_mps", [0.15, 0.25, 0.3, 0.4])
@pytest.mark.parametrize("cadence_per_min", [45, 50])
def test_tiny_steps_are_not_confidently_opposite(kind, speed_mps, cadence_per_min, micropython):
    strides = _walk(kind, speed_mps=speed_mps, cadence_per_min=cadence_per_min, strides=20)
    opposite = "backward" if kind == "walk" else "forward"
    assert len(strides) > 12
    assert sum(one["direction"] == opposite and one["confidence"] >= CONFIDENT for one in strides) <= 1


@pytest.mark.parametrize(("kind", "speed_mps"), [("walk", 0.2), ("backward-walk", 0.4)])
def test_a_pace_below_that_of_people_is_flagged_and_unknown(kind, speed_mps, micropython):
    strides = _walk(kind, speed_mps=speed_mps, cadence_per_min=45, strides=20)
    slow = [one for one in strides if one["flags"] & TOO_SLOW]
    assert len(slow) > 0.4 * len(strides)
    assert all(one["direction"] == "unknown" and one["confidence"] <= 0.5 for one in slow)
    assert not any(one["flags"] & TOO_SLOW for one in _walk(kind, speed_mps=0.9, strides=20))


@pytest.mark.parametrize("kind", ["walk", "backward-walk"])
def test_very_slow_steps_have_the_opposite_direction_with_low_confidence_at_most(kind, micropython):
    strides = [one for speed_mps in (0.15, 0.2) for one in _walk(kind, speed_mps=speed_mps, strides=20)]
    assert len(strides) > 35
    wrong = [one for one in strides if one["direction"] == ("backward" if kind == "walk" else "forward")]
    assert len(wrong) <= 0.2 * len(strides)
    assert not any(one["confidence"] >= CONFIDENT for one in wrong)
    assert sum(bool(one["flags"] & TOO_SLOW) for one in strides) > 0.2 * len(strides)


@pytest.mark.parametrize("kind", ["walk", "jog", "run", "backward-walk", "backward-run"])
def test_a_walk_is_confident_after_some_strides_alike(kind, micropython):
    strides = _walk(kind)
    assert all(0.5 < one["confidence"] < CONFIDENT for one in strides[:ALIKE])
    later = strides[ALIKE:]
    assert sum(one["confidence"] > 0.95 for one in later) > 0.7 * len(later)


# forward, backward, sideways
@pytest.mark.parametrize(("before", "best", "pause_s", "directed"),
    [(0, 0, 0.5, True), (0, 1, 0.5, False), (1, 0, 0.5, True), (0, 1, 2.0, True), (2, 1, 0.5, True)],
)  # fmt: skip
def test_backward_right_after_forward_has_no_direction(before, best, pause_s, directed):
    with gait(sources.firmware_dir(), True) as load:
        assert (_trusted(load, before, best, pause_s) > 500) == directed


@pytest.mark.parametrize(("land_g", "kick_g", "least", "most"), [
    (2.0, 2.0, 900, 1000), (0.2, 0.2, 501, 899), (0.05, 0.05, 0, 500), (1.0, 7.0, 0, 500), (1.0, 4.0, 900, 1000)],
)  # fmt: skip
def test_a_stride_without_a_landing_has_no_direction(land_g, kick_g, least, most):
    with gait(sources.firmware_dir(), True) as load:
        assert least <= _trusted(load, 0, 0, 0.5, land_g, kick_g) <= most


def _trusted(load, before, best, pause_s, land_g=2.0, kick_g=1.0):
    """Return the limit of the confidence, in per mille, of a stride after five alike. Jerk in g per sample of 10 ms."""
    slots = load("pod.gait.accel_state")
    mode = load("pod.gait.accel").Accel(208000, 976, None)
    state, zero = mode.state, 1 << 29
    state[slots.FIRST], state[slots.ALIKE], state[slots.PACE] = 0, 5, 2000
    state[slots.WALK_BEST], state[slots.WALK_LENGTH], state[slots.WALK_END] = before, 100, 1000
    state[slots.BEST], state[slots.START] = best, 1000 + round(104 * pause_s)
    state[slots.END] = state[slots.START] + 104
    state[slots.CONTACT] = state[slots.END] - 15
    state[slots.TRAVEL], state[slots.TRAVEL + 1], state[slots.WAVE] = zero + 60, zero, zero + 12000
    state[slots.LAND], state[slots.KICK] = round(12288 * land_g), round(12288 * kick_g)
    state[slots.MEAN], state[slots.PEAK] = state[slots.SLOW_MEAN], 2 * state[slots.LANDING]
    load("pod.gait._accel_trust").trust(state)
    return state[slots.LIMIT]
