"""Toe axis from an accelerometer alone: the mount check without a gyroscope, and clearing of a suspect mount."""

import csv
import itertools
import json
import os
import subprocess
from array import array
from functools import cache

import numpy as np
import pytest

from bench import slowed
from checked.runtime import gait
from retropod import sources
from retropod.build import folded
from retropod.score.engine_runner import IDENTITY, ChipScale, G, counts, physical
from shared import scenario
from strapdown import displacement

RATE_HZ = 208.0
LSB_UG = 976
PASSED, FAILED = 3, 4
NOT_FORWARD, TIMEOUT, UNDECIDED = 1, 2, 3
HALF_TURN = (-16384, 0, 0, 0, -16384, 0, 0, 0, 16384)
STROLL = (1.3, 0.75, 1.0)  # slower, smaller path, same pitch
RECORDINGS = ["uci_2023_08_23_exp500", "uci_2023_08_30_exp800", "voisard_3-1_lf", "voisard_4-2_lf"]


def _counts(acc):
    return np.clip(np.rint(acc / (G * LSB_UG * 1e-6)), -32767, 32767).astype("<i2")


@cache
def _model(name, rate_hz=RATE_HZ, seed=3, **how):
    return _counts(scenario(name, rate_hz, seed, **how).acc)


def _cubes():
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1, -1), repeat=3):
            turn = np.zeros((3, 3))
            turn[range(3), order] = signs
            if round(np.linalg.det(turn)) == 1:
                yield turn


def _random_turn(random):
    turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
    return turn * np.sign(np.linalg.det(turn))


def _fed(samples, learner, engine, record, slots, block=16):
    """Run the check like the app."""
    data = samples.astype("<i2").tobytes()
    for at in range(0, len(samples), block):
        n = min(block, len(samples) - at)
        engine.feed(data, at * 6, n)
        if learner.feed(data, at * 6, n):
            engine.set_mount(learner.matrix, slots.MOUNT_SUSPECT)
        while engine.pop_into(record):
            learner.stride(record)
        if learner.phase >= PASSED:
            break


def _checked(samples, rate_hz=RATE_HZ):
    """Run one check under CPython with the kernels limited to 32 bits."""
    with gait(sources.firmware_dir(), True) as load:
        slots = load("pod.gait.stride")
        engine = load("pod.gait.engine").Engine(round(rate_hz * 1000), LSB_UG, 0)
        engine.set_mount(IDENTITY, slots.MOUNT_NONE)
        toe_axis = load("pod.gait.toeaxis").ToeAxis(engine.mode)
        learner = load("pod.gait.mounting").Learner(round(rate_hz * 1000), LSB_UG, 0, toe_axis)
        _fed(samples, learner, engine, array("i", bytes(4 * slots.LENGTH)), slots)
        return learner


@pytest.fixture
def learned(micropython, tmp_path, repo_root):
    """Return a function from counts of pods to the results of the check on MicroPython."""

    def run(pods, rate_hz=RATE_HZ):
        lines = []
        for i, samples in enumerate(pods):
            samples.astype("<i2").tofile(tmp_path / f"{i}.bin")
            job = {"samples": str(tmp_path / f"{i}.bin"), "rate_mhz": round(rate_hz * 1000)}
            lines.append(json.dumps({**job, "acc_lsb_ug": LSB_UG, "gyr_lsb_udps": 0}))
        script = repo_root / "tests" / "bench" / "onpod" / "run_mount.py"
        environment = {**os.environ, "MICROPYPATH": folded.folders().search_path}
        command = [str(micropython), "-X", "heapsize=8M", str(script)]
        done = subprocess.run(
            command, input="\n".join(lines), env=environment, capture_output=True, text=True, check=True
        )
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


def _off_deg(found, turn, ahead=(1.0, 0.0, 0.0)):
    """Return the angle from the level `ahead` to the toe axis of a pod rotated by `turn` (chip = turn * shoe)."""
    toe = turn.T @ np.reshape(found["matrix"], (3, 3))[0] / 16384
    return np.degrees(np.arccos(np.clip(toe @ np.array(ahead), -1.0, 1.0)))


@pytest.mark.parametrize("rate_hz", [100.0, 208.0, 416.0])
def test_both_runtimes_find_the_same_mount(learned, rate_hz):
    turn = _random_turn(np.random.default_rng(5))
    samples = np.rint(_model("walk", rate_hz, duration_s=15.0) @ turn.T)
    found = learned([samples], rate_hz)[0]
    here = _checked(samples, rate_hz)
    assert (here.phase, here.strides) == (found["phase"], found["strides"]) == (PASSED, 6)
    assert np.abs(np.subtract(found["matrix"], here.matrix)).max() <= 1  # the last digit of a sine
    assert _off_deg(found, turn) < 5


@pytest.mark.parametrize("name", ["walk", "jog"])
def test_the_24_ways_to_mount_the_chip_find_the_same_toe(learned, name):
    samples = _model(name, duration_s=15.0)
    turns = list(_cubes())
    found = learned([samples @ turn.T for turn in turns])
    off = [_off_deg(one, turn) for one, turn in zip(found, turns, strict=True)]
    assert {one["phase"] for one in found} == {PASSED}
    assert max(off) < 5
    toes = [turn.T @ np.reshape(one["matrix"], (3, 3))[0] / 16384 for one, turn in zip(found, turns, strict=True)]
    assert np.degrees(np.linalg.norm(np.ptp(toes, axis=0))) < 0.5


def test_pods_turned_at_random_find_their_toe(learned):
    random = np.random.default_rng(8)
    turns = [_random_turn(random) for _ in range(20)]
    walks = [_model("walk", seed=seed, duration_s=15.0) for seed in (3, 4)]
    found = learned([np.rint(walks[i % 2] @ turn.T) for i, turn in enumerate(turns)])
    assert {one["phase"] for one in found} == {PASSED}
    assert max(_off_deg(one, turn) for one, turn in zip(found, turns, strict=True)) < 5


@pytest.mark.parametrize("name", RECORDINGS)
def test_recorded_walks_find_their_toe(name, dev_recordings, learned):
    samples = counts(dev_recordings / f"{name}.npz", RATE_HZ, ChipScale(), gyroscope=False)
    random = np.random.default_rng(2)
    turns = [_random_turn(random) for _ in range(6)]
    found = learned([np.rint(samples.counts @ turn.T) for turn in turns], samples.rate_hz)
    assert {one["phase"] for one in found} == {PASSED}
    ahead = _travel(dev_recordings, name)
    assert max(_off_deg(one, turn, ahead) for one, turn in zip(found, turns, strict=True)) < 12


def _travel(folder, name):
    """Return the direction of the first five strides by strapdown. A shoe at rest is nearly level."""
    acc, gyr, fs = physical(folder / f"{name}.npz")
    with (folder / "strides.csv").open(newline="") as file:
        rows = sorted((float(r["t0_s"]), float(r["t1_s"])) for r in csv.DictReader(file) if r["recording"] == name)
    total = sum(displacement(acc, gyr, fs, int(t0 * fs), int(t1 * fs)) for t0, t1 in rows[:5]) * [1.0, 1.0, 0.0]
    return total / np.linalg.norm(total)


def test_a_stroll_is_refused_and_never_taken_the_wrong_way(learned):
    walk = scenario("walk", RATE_HZ, 3, duration_s=20.0, speed_mps=0.9)
    acc = slowed.changed(walk.acc, slowed.gravity(walk.acc, walk.gyr, RATE_HZ), *STROLL)
    found = learned([_counts(slowed.at_rate(acc, RATE_HZ / STROLL[0], RATE_HZ))])[0]
    assert (found["phase"], found["reason"], found["strides"]) == (FAILED, UNDECIDED, 6)


def test_steps_in_all_directions_are_refused(learned):
    steps = [_model(name, duration_s=15.0) for name in ("walk", "side-left")]
    still, walk, aside = steps[0][: int(2.5 * RATE_HZ)], steps[0][int(3.0 * RATE_HZ) :], steps[1][int(3.0 * RATE_HZ) :]
    parts = [still]
    for i in range(6):
        part = slice(int(i * RATE_HZ), int((i + 1) * RATE_HZ))
        parts.append((walk, aside)[i % 2][part])
    found = learned([np.vstack([*parts, still, still])])[0]
    assert found["phase"] == FAILED and found["reason"] in (NOT_FORWARD, UNDECIDED)


def test_standing_is_not_a_walk(learned):
    found = learned([np.tile(_model("standing", duration_s=30.0), (2, 1))])[0]
    assert (found["phase"], found["reason"], found["strides"]) == (FAILED, TIMEOUT, 0)


def test_a_stride_with_a_gap_does_not_count():
    samples = _model("walk", duration_s=15.0)
    with gait(sources.firmware_dir(), False) as load:
        slots = load("pod.gait.stride")
        engine = load("pod.gait.engine").Engine(round(RATE_HZ * 1000), LSB_UG, 0)
        toe_axis = load("pod.gait.toeaxis").ToeAxis(engine.mode)
        record = array("i", bytes(4 * slots.LENGTH))
        data = samples.tobytes()
        counted, torn = 0, 0
        for at in range(len(samples)):
            if at % 300 == 299:
                engine.gap(5)
            engine.feed(data, at * 6, 1)
            while engine.pop_into(record):
                added = toe_axis.add(record)
                assert added != bool(record[slots.FLAGS] & slots.FLAG_GAP)
                counted, torn = counted + added, torn + (not added)
    assert counted >= 3 and torn >= 3 and toe_axis.count == counted


def test_full_scale_samples_are_no_walk():
    """Full scale between rests, for the longest stride: it counts, and the check decides nothing."""
    random = np.random.default_rng(7)
    rest = np.tile([0, 0, 1025], (140, 1))
    parts = [rest, rest]
    for length in random.integers(60, 480, 12):
        held = np.where(random.random(3) < 0.5, -32768, 32767) * (random.random(3) < 0.7)
        parts += [np.tile(held, (length, 1)), np.tile(-held // 2, (40, 1)), rest]
    found, number = _confirmed(np.vstack(parts).astype("<i2"))
    assert number >= 5 and not found


def _confirmed(samples, matrix=IDENTITY, skipped=()):
    """Return the number of each stride that cleared a suspect mount, from 1, and the number of strides."""
    with gait(sources.firmware_dir(), False) as load:
        slots = load("pod.gait.stride")
        engine = load("pod.gait.engine").Engine(round(RATE_HZ * 1000), LSB_UG, 0)
        engine.set_mount(matrix, slots.MOUNT_SUSPECT)
        toe_axis = load("pod.gait.toeaxis").ToeAxis(engine.mode)
        record = array("i", bytes(4 * slots.LENGTH))
        data, found, number = samples.tobytes(), [], 0
        for at in range(0, len(samples) - 8, 8):
            engine.feed(data, at * 6, 8)
            while engine.pop_into(record):
                number += 1
                if number in skipped:
                    record[slots.FLAGS] |= slots.FLAG_GAP
                if toe_axis.confirms(record):
                    found.append(number)
    return found, number


def _about_the_vertical(degrees):
    c, s = (round(16384 * f(np.radians(degrees))) for f in (np.cos, np.sin))
    return (c, s, 0, -s, c, 0, 0, 0, 16384)


def test_ten_steps_forward_clear_a_doubt():
    found, number = _confirmed(_model("walk", duration_s=15.0))
    assert number >= 10
    assert found[:2] == [5, 10]


def test_a_stride_with_a_gap_restarts_the_ten_steps():
    assert _confirmed(_model("walk", duration_s=15.0), skipped=(4,))[0][:2] == [9, 14]


def test_a_pause_restarts_the_ten_steps():
    walk = _model("walk", strides=4)
    found, number = _confirmed(np.vstack([walk, walk]))
    assert number >= 6 and not found


@pytest.mark.parametrize(
    ("name", "matrix"),
    [
        ("walk", HALF_TURN),
        ("jog", HALF_TURN),
        ("walk", _about_the_vertical(40)),
        ("walk", _about_the_vertical(-40)),
        ("walk", _about_the_vertical(90)),
        ("backward-walk", IDENTITY),
        ("side-left", IDENTITY),
        ("standing", IDENTITY),
    ],
)
def test_other_strides_do_not_clear_the_mount(name, matrix):
    assert _confirmed(_model(name, duration_s=15.0), matrix)[0] == []


def test_a_pod_that_was_turned_is_never_cleared_by_recorded_forward_walks(dev_recordings):
    for name in RECORDINGS[:2]:
        samples = counts(dev_recordings / f"{name}.npz", RATE_HZ, ChipScale(), gyroscope=False).counts
        with (dev_recordings / "strides.csv").open(newline="") as file:
            rows = [r for r in csv.DictReader(file) if r["recording"] == name and r["label"] != "forward"]
        forward = samples[: int(min(float(r["t0_s"]) for r in rows) * RATE_HZ)]
        assert _confirmed(forward)[0]
        assert _confirmed(forward, HALF_TURN)[0] == []
