import numpy as np
import pytest

from retropod.virtual.gaitmodel import scenario
from retropod.virtual.gaitmodel.build import unrest
from retropod.virtual.gaitmodel.foot import GRAVITY_M_S2
from strapdown import displacement

WALKED = ("walk", "backward-walk", "side-left", "side-right", "stairs-up", "stairs-down", "turn")
RUN = ("jog", "run", "backward-jog", "backward-run")


STRAIGHT = ("walk", "backward-walk", "side-left", *RUN)


def errors_m(recording, moving_ends=False):
    """Return the error of the strapdown integration for every stride (n, 3): ahead, left, up."""
    velocity = np.gradient(recording.path, 1.0 / recording.fs, axis=0)
    out = []
    for s in recording.strides:
        first, last = round(s.t0_s * recording.fs), round(s.t1_s * recording.fs)
        ends = velocity[[first, last]] if moving_ends else None
        found = displacement(recording.acc, recording.gyr, recording.fs, first, last, ends)
        out.append(found - [s.length_m, s.lateral_m, s.rise_m])
    return np.array(out)


@pytest.mark.parametrize("name", STRAIGHT)
def test_signals_integrate_to_the_true_path(model, name):
    """With the true velocity at both ends, only the error of the strapdown integration remains."""
    errors = np.abs(errors_m(model(name, spread=0.02), moving_ends=True)[:, :2])
    assert len(errors) >= 10
    assert np.median(errors) < 0.004
    assert np.quantile(errors, 0.9) < 0.03


@pytest.mark.parametrize("name", WALKED)
def test_a_walking_foot_is_measured_with_zero_velocity_at_mid_stance(model, name):
    errors = np.abs(errors_m(model(name)))
    assert len(errors) >= 5
    assert np.median(errors[:, :2]) < 0.012
    assert np.quantile(errors[:, :2], 0.9) < 0.025
    assert np.median(errors[:, 2]) < 0.04


@pytest.mark.parametrize("name", RUN)
def test_a_running_foot_moves_in_stance_and_is_measured_within_two_percent(model, name):
    recording = model(name)
    errors = errors_m(recording)[:, 0] / [s.length_m for s in recording.strides]
    assert np.median(np.abs(errors)) < 0.02
    assert abs(np.median(errors)) < 0.012


@pytest.mark.parametrize("name", (*WALKED[:2], *RUN))
def test_a_slope_is_level_to_truth(model, name):
    recording = model(name, slope=-0.1)
    middle = recording.strides[2:-2]
    assert np.median([s.rise_m / s.length_m for s in middle]) == pytest.approx(-0.1, abs=0.01)
    still = recording.acc[: round(2.0 * recording.fs)].mean(0)
    assert np.degrees(np.arctan2(still[0], still[2])) == pytest.approx(np.degrees(np.arctan(-0.1)), abs=0.3)


def test_a_standing_foot_feels_gravity_and_sways(model):
    recording = model("standing")
    assert np.abs(recording.acc - [0.0, 0.0, GRAVITY_M_S2]).max() < 0.12
    assert np.degrees(np.abs(recording.gyr)).max() < 2.0
    assert np.degrees(recording.gyr.std(0)).min() > 0.01


@pytest.mark.parametrize("name", (*WALKED, "curve"))
def test_mid_stance_of_a_walking_foot_is_nearly_at_rest(model, name):
    recording = model(name)
    at = [round(s.t1_s * recording.fs) for s in recording.strides]
    assert np.abs(np.linalg.norm(recording.acc[at], axis=1) - GRAVITY_M_S2).max() < 0.8
    assert np.linalg.norm(recording.gyr[at], axis=1).max() < 0.35


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("walk", -3.0, -2.0),
        ("backward-walk", -3.0, -1.9),
        ("jog", -1.9, -0.8),
        ("run", -1.2, 0.0),
        ("backward-jog", -1.6, -0.3),
        ("backward-run", -1.2, 0.5),
    ],
)
def test_stance_is_as_restless_as_recorded(model, name, low, high):
    """Decades of `unrest` at mid-stance; the recordings' middle 80 % are -2.7..-1.9 walking, -1.4..-0.2 running."""
    recording = model(name)
    level = np.log10(unrest(recording.acc, recording.gyr, recording.fs))
    depth = [level[round(s.t1_s * recording.fs)] for s in recording.strides[1:-1]]
    assert low < np.median(depth) < high
    assert np.std(depth) > 0.02


@pytest.mark.parametrize("name", ["walk", "run", "backward-run", "side-left", "jump", "tap", "shuffle"])
def test_force_and_rate_have_no_step(name):
    """The largest change between samples is proportional to the sampling interval."""
    coarse, fine = (scenario(name, rate, 1, duration_s=3.0) for rate in (1600.0, 6400.0))
    for signal in ("acc", "gyr"):
        jump = [np.abs(np.diff(getattr(r, signal), axis=0)).max() for r in (coarse, fine)]
        assert jump[1] < 0.45 * jump[0], signal


@pytest.mark.parametrize(
    ("name", "low_g", "high_g"),
    [("walk", 2, 10), ("backward-walk", 4, 17), ("jog", 8, 25), ("run", 14, 32), ("backward-run", 8, 32)],
)
def test_impacts_are_as_hard_as_recorded_ones(model, name, low_g, high_g):
    recording = model(name)
    force = np.linalg.norm(recording.acc, axis=1) / GRAVITY_M_S2
    at = [round(s.contact_s * recording.fs) for s in recording.strides]
    assert low_g < np.median([force[k - 10 : k + 60].max() for k in at]) < high_g


def test_no_time_is_lost_to_the_low_pass(model):
    """The same movement at two rates has its peaks at the same time."""
    fine, coarse = scenario("walk", 1600.0, 1, strides=8), scenario("walk", 208.0, 1, strides=8)
    grid = np.arange(len(coarse.gyr)) / coarse.fs
    resampled = np.interp(grid, np.arange(len(fine.gyr)) / fine.fs, fine.gyr[:, 1])
    lags = range(-3, 4)
    match = [np.corrcoef(resampled[10:-10], np.roll(coarse.gyr[:, 1], lag)[10:-10])[0, 1] for lag in lags]
    assert lags[int(np.argmax(match))] == 0
    assert max(match) > 0.99
