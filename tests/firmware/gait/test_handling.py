"""Handling makes the mount suspect within a second; gait never does."""

import itertools
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from checked.runtime import gait
from retropod import sources
from retropod.build import folded
from retropod.score.engine_runner import ChipScale, counts
from shared import scenario

RATE_HZ = 208.0
MOVED, TURNED, HANDLED = 1, 2, 3
GAITS = ["walk", "run", "backward-walk", "backward-run", "sideways", "standing", "hill-intervals", "stairs", "demo"]


def _counts(acc, gyr):
    return np.clip(np.rint(np.hstack([acc / (9.80665 * 976e-6), np.degrees(gyr) / 70e-3])), -32767, 32767)


def _turn(axis, degrees):
    """Return the readings of a pod that is rotated by `degrees` about an axis of the shoe."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i, j = [k for k in range(3) if k != axis]
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = c
    matrix[i, j], matrix[j, i] = s, -s
    return matrix


@pytest.fixture
def suspicions(micropython, tmp_path):
    """Return a function from counts to [(seconds, reason)] at every change of the reason."""

    def run(samples, rate_hz=RATE_HZ):
        path = tmp_path / "samples.bin"
        samples.astype("<i2").tofile(path)
        script = Path(__file__).parent / "onpod" / "run_handling.py"
        command = [str(micropython), str(script), str(path), str(round(rate_hz * 1000))]
        environment = {**os.environ, "MICROPYPATH": folded.folders().search_path}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return [(int(at) / rate_hz, int(why)) for at, why in map(str.split, done.stdout.splitlines())]

    return run


def _handled(recording, at_s, matrix, lasts_s=1.0):
    """Rotate the pod smoothly from `at_s` on within `lasts_s`. It stays rotated."""
    acc, gyr = recording.acc.copy(), recording.gyr.copy()
    first, steps = int(at_s * RATE_HZ), max(1, int(lasts_s * RATE_HZ))
    angle = np.arccos(np.clip((np.trace(matrix) - 1) / 2, -1, 1))
    skew = (matrix - matrix.T) / (2 * np.sin(angle))
    for k in range(first, len(acc)):
        part = min(1.0, (k - first) / steps)
        turn = np.eye(3) + np.sin(part * angle) * skew + (1 - np.cos(part * angle)) * skew @ skew
        acc[k], gyr[k] = turn @ acc[k], turn @ gyr[k]
        if part < 1.0:
            # The chip reports the rate of its own rotation. `matrix` rotates vectors into the rotated chip.
            gyr[k] -= np.array([skew[2, 1], skew[0, 2], skew[1, 0]]) * angle * RATE_HZ / steps
    return _counts(acc, gyr)


@pytest.mark.parametrize("name", GAITS)
def test_gait_of_the_model_is_not_handling(suspicions, name):
    recording = scenario(name, RATE_HZ, 3)
    assert suspicions(_counts(recording.acc, recording.gyr)) == []


@pytest.mark.parametrize(
    ("axis", "degrees", "reason"),
    [(1, 12, MOVED), (0, -12, MOVED), (1, 45, MOVED), (2, 90, TURNED), (2, 180, TURNED), (0, 179, HANDLED)],
)
def test_turning_the_pod_on_a_standing_foot_is_seen_within_a_second(suspicions, axis, degrees, reason):
    recording = scenario("standing", RATE_HZ, 1, duration_s=12.0)
    found = suspicions(_handled(recording, 5.0, _turn(axis, degrees)))
    assert found and found[0][1] == reason
    assert 5.0 < found[0][0] < 7.0, "within a second of the end of the turning"


def test_gravity_that_comes_back_clears_the_doubt(suspicions):
    recording = scenario("standing", RATE_HZ, 1, duration_s=16.0)
    tilted = _handled(recording, 4.0, _turn(1, 20), lasts_s=0.5)
    samples = _counts(recording.acc, recording.gyr)
    samples[int(4 * RATE_HZ) : int(9 * RATE_HZ)] = tilted[int(4 * RATE_HZ) : int(9 * RATE_HZ)]
    assert [why for _, why in suspicions(samples)] == [MOVED, 0]


def test_a_doubt_by_a_turn_about_the_vertical_stays(suspicions):
    recording = scenario("standing", RATE_HZ, 1, duration_s=16.0)
    assert [why for _, why in suspicions(_handled(recording, 4.0, _turn(2, 120)))] == [TURNED]


def test_recorded_gait_is_hardly_ever_taken_for_handling(suspicions, dev_recordings):
    """Less than ten seconds of `suspect` per hour: two consecutive stances may be on a slope or on the toes."""
    doubted_s = {}
    for path in sorted(dev_recordings.glob("*.npz")):
        samples = counts(path, RATE_HZ, ChipScale())
        found = [*suspicions(samples.counts, samples.rate_hz), (len(samples.counts) / samples.rate_hz, 0)]
        doubted_s[path.stem] = sum(end - at for (at, why), (end, _) in itertools.pairwise(found) if why)
    assert sum(doubted_s.values()) < 10.0, {name: seconds for name, seconds in doubted_s.items() if seconds}


def test_only_a_stride_without_reservations_confirms_a_mount():
    with gait(sources.firmware_dir(), None) as load:
        slots, handling = load("pod.gait.stride"), load("pod.gait.handling")
        record = [0] * slots.LENGTH
        record[slots.LENGTH_MM] = 1200
        assert handling.is_forward(record)
        for flag in (slots.FLAG_GAP, slots.FLAG_TILT_OPEN, slots.FLAG_NOT_GAIT):
            record[slots.FLAGS] = flag
            assert not handling.is_forward(record)
