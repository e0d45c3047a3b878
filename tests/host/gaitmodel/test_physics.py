import numpy as np
import pytest

from retropod.virtual.gaitmodel.foot import GRAVITY_M_S2

from strapdown import displacement

WALKED = ("walk", "backward-walk", "side-left", "side-right", "stairs-up", "stairs-down", "turn")
RUN = ("jog", "run", "backward-jog", "backward-run")


def errors_m(recording):
    """Strapdown against truth for every stride (n,3), and the true lengths."""
    out = []
    for s in recording.strides:
        found = displacement(
            recording.acc, recording.gyr, recording.fs, round(s.t0_s * recording.fs), round(s.t1_s * recording.fs)
        )
        out.append(found - [s.length_m, s.lateral_m, s.rise_m])
    return np.array(out)


@pytest.mark.parametrize("name", WALKED)
def test_strapdown_finds_the_true_displacement_of_a_walking_foot(model, name):
    errors = errors_m(model(name))
    assert len(errors) >= 5
    assert np.abs(errors[1:-1]).max() < 0.010
    assert np.median(np.abs(errors)) < 0.003


@pytest.mark.parametrize("name", RUN)
def test_strapdown_of_a_running_foot_errs_by_its_movement_in_stance_only(model, name):
    recording = model(name)
    errors = errors_m(recording)
    lengths = np.array([abs(s.length_m) for s in recording.strides])
    assert np.median(np.abs(errors[:, 0])) < 0.04
    assert np.median(np.abs(errors[:, 0]) / lengths) < 0.02


@pytest.mark.parametrize("name", (*WALKED[:2], *RUN))
def test_a_slope_is_level_to_truth(model, name):
    recording = model(name, slope=-0.1)
    middle = recording.strides[2:-2]
    assert np.median([s.rise_m / s.length_m for s in middle]) == pytest.approx(-0.1, abs=0.01)
    still = recording.acc[: round(2.0 * recording.fs)].mean(0)
    assert np.degrees(np.arctan2(still[0], still[2])) == pytest.approx(np.degrees(np.arctan(-0.1)), abs=0.3)


def test_a_standing_foot_feels_gravity_and_sways(model):
    recording = model("standing")
    assert np.abs(recording.acc - [0.0, 0.0, GRAVITY_M_S2]).max() < 0.08
    assert np.degrees(np.abs(recording.gyr)).max() < 2.0
    assert np.degrees(recording.gyr.std(0)).min() > 0.01


@pytest.mark.parametrize("name", (*WALKED, "curve"))
def test_mid_stance_of_a_walking_foot_is_nearly_at_rest(model, name):
    recording = model(name)
    at = [round(s.t1_s * recording.fs) for s in recording.strides]
    assert np.abs(np.linalg.norm(recording.acc[at], axis=1) - GRAVITY_M_S2).max() < 0.8
    assert np.linalg.norm(recording.gyr[at], axis=1).max() < 0.35


@pytest.mark.parametrize("name", RUN)
def test_a_running_foot_is_never_still(model, name):
    recording = model(name)
    noise = []
    for s in recording.strides[1:-1]:
        at = round(s.t1_s * recording.fs)
        noise.append(np.abs(np.linalg.norm(recording.acc[at - 12 : at + 13], axis=1) - GRAVITY_M_S2).mean())
    assert np.median(noise) > 0.3


@pytest.mark.parametrize("name", (*WALKED, *RUN, "jump", "tap", "shuffle", "mixed"))
def test_force_and_rate_have_no_step(name):
    """At ever finer sampling the largest change between samples shrinks with the sampling, as only a continuous signal's does."""
    from retropod.virtual.gaitmodel import scenario

    parameters = {} if name == "mixed" else {"duration_s": 6.0} if name != "turn" else {}
    coarse, fine = (scenario(name, rate, 1, **parameters) for rate in (1600.0, 12800.0))
    for signal in ("acc", "gyr"):
        jump = [np.abs(np.diff(getattr(r, signal), axis=0)).max() for r in (coarse, fine)]
        assert jump[1] < 0.3 * jump[0], signal


@pytest.mark.parametrize(
    ("name", "low_g", "high_g"),
    [("walk", 2, 10), ("backward-walk", 2, 12), ("jog", 6, 20), ("run", 12, 35), ("backward-run", 8, 35)],
)
def test_impacts_are_as_hard_as_recorded_ones(model, name, low_g, high_g):
    recording = model(name)
    force = np.linalg.norm(recording.acc, axis=1) / GRAVITY_M_S2
    at = [round(s.contact_s * recording.fs) for s in recording.strides]
    assert low_g < np.median([force[k - 10 : k + 60].max() for k in at]) < high_g


def test_no_time_is_lost_to_the_low_pass(model):
    """The same movement at two rates has its peaks at the same time."""
    from retropod.virtual.gaitmodel import scenario

    fine, coarse = scenario("walk", 1600.0, 1, strides=8), scenario("walk", 208.0, 1, strides=8)
    grid = np.arange(len(coarse.gyr)) / coarse.fs
    resampled = np.interp(grid, np.arange(len(fine.gyr)) / fine.fs, fine.gyr[:, 1])
    lags = range(-3, 4)
    match = [np.corrcoef(resampled[10:-10], np.roll(coarse.gyr[:, 1], lag)[10:-10])[0, 1] for lag in lags]
    assert lags[int(np.argmax(match))] == 0
    assert max(match) > 0.99
