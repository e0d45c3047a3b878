"""Recordings become counts: rate, mount, sensitivity, range, imperfections."""

from dataclasses import dataclass

import numpy as np
import pytest

from retropod.errors import OperationFailed
from retropod.virtual import runtime
from retropod.virtual.resample import resample
from retropod.virtual.source import GRAVITY, Imperfections, Source


def tone(frequency_hz: float, rate_hz: float, seconds: float = 4.0) -> np.ndarray:
    return np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * rate_hz)) / rate_hz)[:, np.newaxis]


@pytest.mark.parametrize(("from_hz", "to_hz"), [(800.0, 416.69), (400.0, 416.69), (416.69, 208.3), (100.0, 104.17)])
def test_resampling_keeps_the_pass_band_without_delay(from_hz, to_hz):
    frequency = 0.3 * min(from_hz, to_hz)
    result = resample(tone(frequency, from_hz), from_hz, to_hz)
    expected = tone(frequency, to_hz)[: len(result)]
    middle = slice(200, -200) if len(result) > 600 else slice(100, -100)
    assert np.abs(result[: len(expected)][middle] - expected[middle]).max() < 5e-3


def test_resampling_removes_what_would_alias():
    result = resample(tone(350.0, 800.0), 800.0, 416.69)
    assert np.abs(result[200:-200]).max() < 5e-3


def test_resampling_keeps_a_constant_to_the_ends():
    assert np.allclose(resample(np.full((1000, 3), 7.0), 800.0, 416.69), 7.0)


def test_the_same_rate_changes_nothing():
    values = np.arange(30.0).reshape(10, 3)
    assert resample(values, 416.6875, 416.6875) is values


def test_counts_are_physics_over_the_sensitivity():
    source = Source(np.tile([0.0, -GRAVITY, 2 * GRAVITY], (50, 1)), np.tile([1.0, 0.0, -2.0], (50, 1)), 100.0)
    assert source.counts("acc", 100.0, 0.488e-3)[10].tolist() == [0, -2049, 4098]
    assert source.counts("gyr", 100.0, 70e-3)[10].tolist() == [819, 0, -1637]


def test_values_beyond_the_range_saturate():
    source = Source(np.tile([0.0, -50 * GRAVITY, 50 * GRAVITY], (50, 1)), None, 100.0)
    assert source.counts("acc", 100.0, 0.976e-3)[10].tolist() == [0, -32768, 32767]


def test_a_recording_without_gyroscope_gives_no_rotation():
    source = Source(np.ones((100, 3)), None, 100.0)
    assert not source.has_gyro
    assert source.counts("gyr", 416.6, 70e-3).shape == (417, 3)
    assert not source.counts("gyr", 416.6, 70e-3).any()


def test_mount_takes_the_chips_axes_to_the_shoes():
    quarter = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])  # shoe = quarter @ chip
    shoe = np.array([1.0, 2.0, 9.0])
    chip = Source(np.tile(shoe, (20, 1)), None, 100.0, imperfections=Imperfections(mount=quarter))
    counts = chip.counts("acc", 100.0, 1e-3)[5] * 1e-3 * GRAVITY
    assert np.allclose(quarter @ counts, shoe, atol=0.01)


def test_bias_noise_and_clipping():
    still = np.tile([0.0, 0.0, GRAVITY], (5000, 1))
    wrong = Imperfections(acc_bias=(0.1 * GRAVITY, 0, 0), acc_noise=0.05, acc_clip=0.9 * GRAVITY, seed=3)
    counts = Source(still, None, 416.0, imperfections=wrong).counts("acc", 416.0, 1e-3)
    assert counts[:, 0].mean() == pytest.approx(100, abs=1)
    assert counts[:, 1].std() == pytest.approx(0.05 / GRAVITY * 1000, rel=0.1)
    assert counts[:, 2].max() == 900
    again = Source(still, None, 416.0, imperfections=wrong).counts("acc", 416.0, 1e-3)
    assert np.array_equal(counts, again)


def test_rest_is_gravity_as_at_the_ends():
    acc = np.vstack([np.tile([0.0, 0.0, 9.5], (100, 1)), np.tile([3.0, 0.0, 0.0], (100, 1))])
    before, after = Source(acc, None, 100.0).rest("acc", 1e-3)
    assert before.tolist() == [0, 0, 1000]
    assert after.tolist() == [1000, 0, 0]


def test_the_gait_models_recordings_are_taken():
    @dataclass
    class Movement:
        acc: np.ndarray
        gyr: np.ndarray | None
        fs: float

    source = Source.from_movement(Movement(np.ones((200, 3)), np.ones((200, 3)), 100.0))
    assert source.duration_s == 2.0
    assert source.has_gyro


def test_a_missing_runtime_is_said_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(runtime.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OperationFailed) as refused:
        runtime.find_runtime()
    assert "\n" not in refused.value.message
    assert ".[virtual]" in refused.value.hint
