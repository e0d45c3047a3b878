"""Self-made motions: their signals follow from the movement, and their truth from the parameters."""

import numpy as np
import pytest

from bench.bench_motions import false_alarm
from bench.motions import FINE_HZ, LENGTH_S, MOTIONS, cycles, samples, steps
from bench.motions.pose import Pose, about, cycle, rise, vibration
from retropod.score.engine_runner import ChipScale
from retropod.virtual.gaitmodel.foot import GRAVITY_M_S2, sense_path

BY_NAME = {motion.name: motion for motion in MOTIONS}
T = np.arange(round(LENGTH_S * FINE_HZ)) / FINE_HZ


def sensed(pose):
    return sense_path(pose.path, pose.yaw, pose.pitch, pose.roll, FINE_HZ)


def axes(pose):
    """Return the attitude (N, 3, 3): columns are toe, left and up of the shoe in the world."""
    origin = np.zeros_like(pose.path)
    return np.stack([about(origin, tuple(row), pose.yaw, pose.pitch, pose.roll) for row in np.eye(3)], axis=2)


def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize("name", BY_NAME)
def test_signals_agree_with_the_movement(name):
    pose = BY_NAME[name].pose(1)
    acc, gyr = sensed(pose)
    attitude = axes(pose)
    turning = np.einsum("nji,njk->nik", attitude, np.gradient(attitude, 1.0 / FINE_HZ, axis=0))
    rates = np.stack([turning[:, 2, 1], turning[:, 0, 2], turning[:, 1, 0]], axis=1)
    assert np.abs(gyr - rates)[1:-1].max() < 0.02 * max(1.0, np.abs(rates).max())
    force = np.einsum("nij,nj->ni", attitude, acc) - [0.0, 0.0, GRAVITY_M_S2]
    steps_m = pose.path[1] - pose.path[0] + np.cumsum(force[1:-1], axis=0) / FINE_HZ**2
    assert np.abs(pose.path[1] + np.cumsum(steps_m, axis=0) - pose.path[2:]).max() < 1e-4


@pytest.mark.parametrize("name", BY_NAME)
def test_a_motion_starts_and_ends_at_rest(name):
    acc, gyr = sensed(BY_NAME[name].pose(2))
    for part in (slice(1, round(1.8 * FINE_HZ)), slice(-round(1.0 * FINE_HZ), -1)):
        assert np.abs(np.linalg.norm(acc[part], axis=1) - GRAVITY_M_S2).max() < 0.05
        assert np.linalg.norm(gyr[part], axis=1).max() < 0.1


@pytest.mark.parametrize("name", BY_NAME)
def test_parameters_and_samples_are_those_of_the_seed(name):
    motion = BY_NAME[name]
    one, again, other = (samples(motion.pose(seed), seed).counts for seed in (3, 3, 4))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_a_pedal_stays_on_its_circle_and_turns_at_the_cadence():
    pose = cycles.cycling(
        T, rng(), crank_m=0.17, rpm=90.0, ankling_rad=0.3, ankling_phase=1.0, road_m=0.0, flat_pedal=0.0, axle_m=0.08,
        toe_down_rad=0.2, coasts=0.0,
    )  # fmt: skip
    pedal = pose.path - about(np.zeros_like(pose.path), (-0.08, 0.0, 0.075), pose.yaw, pose.pitch, pose.roll)
    assert np.linalg.norm(pedal, axis=1) == pytest.approx(np.full(len(T), 0.17), abs=1e-9)
    angle = np.unwrap(np.arctan2(pedal[:, 0], pedal[:, 2]))
    middle = slice(round(10 * FINE_HZ), round(50 * FINE_HZ))
    assert (angle[middle][-1] - angle[middle][0]) / (2.0 * np.pi) == pytest.approx(60.0, rel=0.03)


@pytest.mark.parametrize("way", [1, -1])
def test_a_cross_trainer_turns_forward_or_backward_on_its_ellipse(way):
    pose = cycles.cross_trainer(
        T, rng(), way=way, rpm=60.0, length_m=0.5, height_m=0.16, pitch_rad=0.0, pitch_phase=0.0, ball_m=0.0
    )
    x, z = pose.path[:, 0] / 0.25, (pose.path[:, 2] - 0.075) / 0.08
    assert np.hypot(x, z) == pytest.approx(np.ones(len(T)), abs=1e-9)
    assert np.sign(np.unwrap(np.arctan2(x, z))[-1]) == way


@pytest.mark.parametrize("name", ["rowing", "dangling_leg", "vibrating_platform", "cycling_rough"])
def test_a_foot_that_stays_in_place_returns(name):
    pose = BY_NAME[name].pose(6)
    assert np.ptp(pose.path, axis=0).max() < 0.8
    assert not pose.walked


@pytest.mark.parametrize("name", [motion.name for motion in MOTIONS if motion.gait or motion.name == "lunges"])
def test_the_foot_moves_in_its_stated_direction(name):
    pose = BY_NAME[name].pose(7)
    assert len(pose.walked) >= 5
    for start, end, way in pose.walked:
        first, last = round((start + 0.1) * FINE_HZ), round((end - 0.1) * FINE_HZ)
        moved = pose.path[last, 0] - pose.path[first, 0]
        assert moved * (1 if way == "forward" else -1) > 0.1


def test_stairs_rise_by_two_risers_in_a_stride_and_an_escalator_on_its_slope():
    up = steps.stairs(
        T, rng(), way=1, period_s=1.2, swing_share=0.4, tread_m=0.3, riser_m=0.17, flight=6.0
    )  # fmt: skip
    start, end, _ = up.walked[2]
    first, last = round((start - 0.05) * FINE_HZ), round((end + 0.05) * FINE_HZ)
    assert up.path[last, 2] - up.path[first, 2] == pytest.approx(0.34, abs=0.03)
    ridden = steps.escalator(T, rng(), way=-1, speed_mps=0.5, slope_rad=0.5, walks=0.0, period_s=1.2, hum_m=0.0)
    at = round((ridden.walked[3][1] + 3.0) * FINE_HZ)
    velocity = np.gradient(ridden.path[at : at + 100], 1.0 / FINE_HZ, axis=0).mean(axis=0)
    assert velocity == pytest.approx([0.5 * np.cos(0.5), 0.0, -0.5 * np.sin(0.5)], abs=0.01)


def test_sensor_has_noise_range_and_resolution():
    still = samples(BY_NAME["lift"].pose(1), 1).counts[:200]
    assert still.dtype == np.int16
    assert 0.5 < still[:, :3].std(axis=0).max() < 10.0
    hard = BY_NAME["jumping"].pose(1)
    thrown = samples(Pose(100.0 * hard.path, hard.yaw, hard.pitch, hard.roll), 1).counts
    assert np.abs(thrown.astype(int)).max() == ChipScale().limit


def test_pieces():
    assert rise(T, 2.0, 3.0)[[0, round(3.5 * FINE_HZ), -1]] == pytest.approx([0.0, 0.5, 1.0])
    assert vibration(T, rng(), 0.001, 1.0, 40.0).std() == pytest.approx(0.001, rel=0.05)
    turned = cycle(T, 1.5, np.ones_like(T), rng(), wander=0.0)
    assert turned[-1] == pytest.approx(2.0 * np.pi * 1.5 * T[-1])


@pytest.mark.parametrize(
    ("direction", "confidence", "gait", "false"),
    [
        ("backward", 0.95, False, True),
        ("backward", 0.8, False, False),
        ("backward", 0.8, True, True),
        ("unknown", 0.95, True, False),
        ("forward", 0.95, False, False),
    ],
)
def test_a_confident_stride_that_no_step_explains_is_false(direction, confidence, gait, false):
    stride = {"toe_off_s": 1.0, "contact_s": 1.4, "direction": direction, "confidence": confidence}
    assert false_alarm(stride, [(1.1, 1.3, "forward")], gait) is false
    assert false_alarm(stride, [(1.3, 1.5, "forward")], gait) is (false or (direction == "forward"))
