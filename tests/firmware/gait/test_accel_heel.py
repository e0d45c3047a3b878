"""Accelerometer-only mode at the heel: walks whose first sample is in a step, so that no rest has shown gravity."""

from dataclasses import replace

import pytest

from bench import motion_changes as by
from retropod import sources
from retropod.score import engine_runner, labels
from retropod.score.matching import DetectedStride, match

RATE_HZ = 208.0
HEEL = by.spot(x_m=-0.14, z_m=0.02)  # the recorded pods are on the forefoot
LEAST = 6  # strides of a walk


@pytest.mark.parametrize(("tilt_deg", "missed"), [(0.0, 0.05), (30.0, 0.1), (-30.0, 0.05)])
def test_a_walk_that_begins_with_the_samples_is_found(tilt_deg, missed, dev_recordings, micropython):
    own = labels.read(dev_recordings)
    walks, starts, jobs = [], [], []
    for name in [one for one in own.names if one.startswith("vicon")]:
        walk = [one for one in own.labels if one.recording == name and one.group.startswith("forward/walk")]
        if len(walk) < LEAST:
            continue
        recorded = by.motion(dev_recordings / f"{name}.npz")
        job = by.job(by.chain((HEEL, by.turned(pitch_deg=tilt_deg)))(recorded), RATE_HZ, recorded.fs)
        start_s = walk[1].t0_s + 0.25
        counts = job.samples.counts[int(start_s * job.samples.rate_hz) :, :3].copy()
        walks.append(walk[2:])
        starts.append(start_s)
        jobs.append(replace(job, samples=replace(job.samples, counts=counts)))
    found = engine_runner.run(jobs, sources.firmware_dir())
    pairs = []
    for walk, start_s, strides in zip(walks, starts, found, strict=True):
        detected = [
            DetectedStride(s["toe_off_s"] + start_s, s["contact_s"] + start_s, s["direction"], s["confidence"])
            for s in strides
        ]
        pairs += match(walk[0].recording, walk, detected, []).pairs
    assert len(pairs) > 300
    assert sum(one is None for _, one in pairs) <= missed * len(pairs)
    assert sum(one is not None and one.direction == "backward" for _, one in pairs) <= 1
