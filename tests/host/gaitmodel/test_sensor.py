from dataclasses import replace

import numpy as np
import pytest

from retropod.virtual.gaitmodel import scenario
from retropod.virtual.gaitmodel.foot import GRAVITY_M_S2
from retropod.virtual.gaitmodel.sensor import SensorErrors, imperfect, mount_matrix


def test_a_part_without_errors_changes_only_the_count(model):
    perfect = model("walk")
    found = imperfect(perfect, 1, SensorErrors.none())
    assert np.abs(found.acc - perfect.acc).max() <= 0.5 * 0.976e-3 * GRAVITY_M_S2 + 1e-9
    assert np.degrees(np.abs(found.gyr - perfect.gyr)).max() <= 0.5 * 0.070 + 1e-9


def test_noise_and_bias_are_those_of_the_data_sheet():
    still = scenario("standing", 416.0, 1, duration_s=60.0)
    still = replace(still, acc=still.acc * 0.0, gyr=still.gyr * 0.0)
    noisy = imperfect(still, 2, SensorErrors(acc_bias_mg=0.0, gyr_bias_dps=0.0, gyr_drift_dps_per_min=0.0))
    assert noisy.acc.std() / GRAVITY_M_S2 == pytest.approx(220e-6 * np.sqrt(208.0), rel=0.03)
    assert np.degrees(noisy.gyr.std()) == pytest.approx(3.8e-3 * np.sqrt(208.0), rel=0.1)
    biases = np.array([imperfect(still, seed).acc.mean(0) for seed in range(60)]) / GRAVITY_M_S2
    assert biases.std() == pytest.approx(20e-3, rel=0.25)


def test_range_clips(model):
    found = imperfect(model("run"), 1, replace(SensorErrors.none(), acc_range_g=8.0))
    assert np.abs(found.acc).max() == pytest.approx(8.0 * GRAVITY_M_S2, abs=0.01)
    assert np.count_nonzero(np.abs(found.acc) > 7.99 * GRAVITY_M_S2) > 20


def test_a_mount_is_undone_by_its_matrix(model):
    perfect, mount = model("walk"), mount_matrix(10.0, -20.0, 130.0)
    assert np.allclose(mount @ mount.T, np.eye(3))
    assert np.linalg.det(mount) == pytest.approx(1.0)
    chip = imperfect(perfect, 1, SensorErrors.none(), mount)
    assert np.abs(chip.acc - perfect.acc).max() > 5.0
    assert np.abs(chip.acc @ mount.T - perfect.acc).max() < 0.02


def test_a_fast_oscillator_stretches_time(model):
    perfect = model("walk")
    found = imperfect(perfect, 1, SensorErrors(oscillator_error=0.03))
    assert found.fs == pytest.approx(416.0 / 1.03)
    assert len(found.acc) == len(perfect.acc)
    for ours, theirs in zip(found.strides, perfect.strides, strict=True):
        assert ours.contact_s * found.fs == pytest.approx(theirs.contact_s * perfect.fs)
        assert ours.length_m == theirs.length_m


def test_the_same_seed_is_the_same_part(model):
    one, same, other = (imperfect(model("walk"), seed) for seed in (5, 5, 6))
    assert np.array_equal(one.acc, same.acc)
    assert np.array_equal(one.gyr, same.gyr)
    assert not np.array_equal(one.acc, other.acc)
