"""Properties at paces and mounts without recordings, from changed recordings of a person and from model runs."""

import numpy as np
import pytest

from bench import motion_changes as by
from retropod import sources
from retropod.score import engine_runner, labels
from retropod.score.engine_runner import ChipScale, EngineJob, EngineSamples, G
from retropod.score.matching import DetectedStride, match
from retropod.virtual.gaitmodel import scenario

RATE_HZ = 208.0
NAME = "uci_2023_08_30_exp900"  # walks, jogs and runs forward, walks backward, steps sideways

pytestmark = pytest.mark.usefixtures("micropython")


@pytest.mark.parametrize(
    ("change", "missed"),
    [(by.pace(2.0, 0.6, 0.7), 2), (by.pace(0.87), 2), (by.loose(15.0, 0.33), 2), (by.spot(-0.06, -0.03, -0.02), 1)],
    ids=["slow", "quick", "loose", "low"],
)
def test_an_unseen_subject_is_followed(change, missed, dev_recordings):
    recorded = by.motion(dev_recordings / f"{NAME}.npz")
    changed = change(recorded)
    strides = engine_runner.run([by.job(changed, RATE_HZ, recorded.fs)], sources.firmware_dir())[0]
    found = [
        DetectedStride(
            s["toe_off_s"] / changed.stretch, s["contact_s"] / changed.stretch, s["direction"], s["confidence"]
        )
        for s in strides
    ]
    held = [one for one in labels.read(dev_recordings).labels if one.recording == NAME]
    pairs = [
        (label.direction, one and one.direction)
        for label, one in match(NAME, held, found, []).pairs
        if label.direction in ("forward", "backward", "lateral")
    ]
    assert len(pairs) > 50
    assert sum(said is None for _, said in pairs) <= missed
    assert all(said in (truth, "unknown", None) for truth, said in pairs)


@pytest.mark.parametrize("speed_mps", [5.0, 5.6])
def test_a_restless_stance_carries_the_attitude_on(speed_mps):
    recording = scenario("run", RATE_HZ, 21, speed_mps=speed_mps, duration_s=16.0)
    both = np.hstack([recording.acc / (G * 976e-6), np.degrees(recording.gyr) / 70e-3])
    counts = np.clip(np.rint(both), -ChipScale().limit, ChipScale().limit).astype("<i2")
    strides = engine_runner.run([EngineJob(EngineSamples("run", RATE_HZ, counts))], sources.firmware_dir())[0]
    middles = [(s["toe_off_s"] + s["contact_s"]) / 2 for s in strides]
    found = sum(any(truth.t0_s <= at < truth.t1_s for at in middles) for truth in recording.strides)
    assert found >= 0.8 * len(recording.strides)
    assert {s["direction"] for s in strides} == {"forward"}
