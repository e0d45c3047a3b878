"""A stride needs two stances of a foot that stands: rattling pods, pedals, machines and vehicles."""

import numpy as np
import pytest

from bench.motions import MOTIONS, samples
from retropod import sources
from retropod.score import engine_runner
from retropod.score.engine_runner import ChipScale, EngineJob, EngineSamples, G
from shared import scenario

CHIP = ChipScale()
TILT_OPEN, NOT_GAIT, JOINED = 128, 1024, 2048
FINE_HZ, RATE_HZ = 416.0, 104.0
# Seeds that gave confident strides before stances were verified, or with a weaker rule.
UNLIKE_GAIT = [
    ("cycling_smooth", 0), ("cycling_smooth", 23), ("cycling_smooth", 218), ("cycling_rough", 8), ("cycling_rough", 19),
    ("cross_trainer_forward", 14), ("cross_trainer_backward", 12), ("cross_trainer_backward", 19),
    ("dangling_leg", 4), ("scooter_standing", 2), ("scooter_standing", 14),
]  # fmt: skip


def _run(recording):
    return engine_runner.run([EngineJob(recording, CHIP)], sources.firmware_dir())[0]


def _counts(made):
    counts = np.hstack([made.acc / (CHIP.acc_lsb_ug * 1e-6 * G), np.degrees(made.gyr) / (CHIP.gyr_lsb_udps * 1e-6)])
    return EngineSamples(made.name, made.fs, np.clip(np.rint(counts), -32767, 32767).astype("<i2"))


def _band(rng, count, rms):
    """Return noise of 20 to 50 Hz (count, 3)."""
    hz = np.fft.rfftfreq(count, 1 / FINE_HZ)
    spectrum = rng.normal(size=(len(hz), 3)) + 1j * rng.normal(size=(len(hz), 3))
    spectrum[(hz < 20) | (hz > 50)] = 0
    noise = np.fft.irfft(spectrum, count, axis=0)
    return rms * noise / noise.std()


def _rattling(seed):
    """Return a run with a pod that shakes by 1.5 g and clips at 16 g, and the number of its strides."""
    made = scenario("run", FINE_HZ, seed, speed_mps=3.0, duration_s=30.0)
    rng, count = np.random.default_rng(seed), len(made.acc)
    t = np.arange(count) / FINE_HZ
    moving = (np.clip(t - 3, 0, 1) * np.clip(t[-1] - 3 - t, 0, 1))[:, None]
    acc = np.clip(made.acc + moving * _band(rng, count, 1.5 * G), -16 * G, 16 * G)
    gyr = made.gyr + moving * _band(rng, count, 2.0)
    factor = round(FINE_HZ / RATE_HZ)
    rows = count // factor * factor
    acc, gyr = (one[:rows].reshape(-1, factor, 3).mean(1) for one in (acc, gyr))
    counts = np.hstack([acc / (CHIP.acc_lsb_ug * 1e-6 * G), np.degrees(gyr) / (CHIP.gyr_lsb_udps * 1e-6)])
    return EngineSamples("rattling", RATE_HZ, np.clip(np.rint(counts), -32767, 32767).astype("<i2")), len(made.strides)


def test_a_rattling_pod_on_a_runner_gives_no_backward_stride(micropython):
    for seed in (3, 4, 5):
        recording, strides = _rattling(seed)
        found = _run(recording)
        assert {one["direction"] for one in found} <= {"forward", "unknown"}
        assert sum(one["direction"] == "forward" for one in found) > 0.6 * strides


def test_a_rise_is_unknown_where_the_velocity_does_not_close(micropython):
    """The run is level."""
    recording, _ = _rattling(3)
    rises = [one["slots"]["rise_mm"] for one in _run(recording)]
    known = [rise for rise in rises if rise != engine_runner.NONE]
    assert 0 < len(known) < len(rises)
    assert max(map(abs, known)) < 400


@pytest.mark.parametrize(("name", "seed"), UNLIKE_GAIT)
def test_a_motion_without_stance_has_no_direction(name, seed, micropython):
    (motion,) = [one for one in MOTIONS if one.name == name]
    for stride in _run(samples(motion.pose(seed), seed)):
        assert (stride["direction"], stride["flags"] & NOT_GAIT) == ("unknown", NOT_GAIT)


@pytest.mark.parametrize(("speed_mps", "cadence_per_min"), [(6.0, 120.0), (8.0, 100.0)])
def test_a_sprint_is_never_backward_and_joined_strides_are_flagged(speed_mps, cadence_per_min, micropython):
    made = scenario("run", 416.0, 2, speed_mps=speed_mps, cadence_per_min=cadence_per_min, duration_s=20.0)
    found = _run(_counts(made))
    assert not any(one["direction"] in ("backward", "lateral") for one in found)
    long = [one for one in found if one["close_s"] - one["open_s"] > 90.0 / cadence_per_min]
    assert long
    assert all(one["flags"] & JOINED for one in long)
    assert not any(one["flags"] & JOINED for one in found if one not in long)


def test_an_open_tilt_is_not_backward(micropython):
    """This trainer is fast enough for gait, and its gravity never closes."""
    (motion,) = [one for one in MOTIONS if one.name == "cross_trainer_forward"]
    found = _run(samples(motion.pose(525), 525))
    open_tilt = [one for one in found if one["flags"] & TILT_OPEN and not one["flags"] & NOT_GAIT]
    assert len(open_tilt) > 20
    assert {one["direction"] for one in open_tilt} == {"unknown"}


@pytest.mark.parametrize("name", ["walk", "run", "backward-walk", "backward-run", "sideways", "stairs-up"])
def test_gait_is_not_doubted(name, micropython):
    found = _run(_counts(scenario(name, 208.0, 5)))
    assert len(found) > 5
    assert not any(one["flags"] & NOT_GAIT for one in found)
