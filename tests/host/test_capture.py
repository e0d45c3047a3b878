"""Captures written and read again: gaps filled, rotated into the shoe frame, otherwise unchanged."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from retropod import recording
from retropod.capture import archive, collect
from retropod.errors import DamagedData
from retropod.runs.samples import RawSamples

QUARTER = (0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)  # shoe = matrix x chip: about the vertical


def captured(axes: int = 6, matrix: tuple[float, ...] = QUARTER) -> collect.Captured:
    index = np.delete(np.arange(1000, 1100), slice(40, 44))  # four are missing
    counts = np.column_stack([(axis + 1) * (index - 1000) for axis in range(axes)]).astype(np.int16)
    held = collect.Captured(samples=RawSamples(index, counts), rate_hz=208.3, acc_lsb_ug=976, gyr_lsb_udps=70_000)
    held.matrix = matrix
    held.report["mount"] = {"state": "given"}
    return held


def test_a_recording_comes_back_in_the_shoe_with_its_holes_filled(tmp_path: Path) -> None:
    path = tmp_path / "report.zip"
    assert archive.write(captured(), path) == path.stat().st_size
    held = recording.load(path)
    assert held.rate_hz == pytest.approx(208.3)
    assert held.gyr is not None
    steps = np.arange(100.0)
    unit, turn = 976e-6 * 9.80665, np.radians(0.07)
    np.testing.assert_allclose(held.acc, np.column_stack([-2 * steps, steps, 3 * steps]) * unit, rtol=1e-5)
    np.testing.assert_allclose(held.gyr, np.column_stack([-5 * steps, 4 * steps, 6 * steps]) * turn, rtol=1e-5)
    with zipfile.ZipFile(path) as zipped, zipped.open("raw.npz") as file:
        raw = np.load(file)
        assert 1041 not in raw["index"]
        assert raw["counts"].dtype == np.int16
        assert raw["counts"].shape == (96, 6)


def test_without_a_gyroscope(tmp_path: Path) -> None:
    archive.write(captured(axes=3), tmp_path / "report.zip")
    held = recording.load(tmp_path / "report.zip")
    assert held.gyr is None
    assert len(held.acc) == 100


def test_missing_samples_are_counted() -> None:
    told = collect._about(captured())
    assert told is not None
    assert (told["count"], told["missing"], told["frame"]) == (96, 4, "shoe")


def test_a_capture_without_samples_is_not_a_recording(tmp_path: Path) -> None:
    held = captured()
    held.samples = None
    archive.write(held, tmp_path / "report.zip")
    with pytest.raises(DamagedData, match="acc is missing"):
        recording.load(tmp_path / "report.zip")


def test_names_are_taken_out_everywhere() -> None:
    report = {
        "settings": {"wearer": "A", "side": "left"},
        "runs": [{"name": "B", "run": 1}],
        "hello": {"device_id": "C"},
    }
    assert collect._without_names(report) == {
        "settings": {"wearer": "", "side": "left"}, "runs": [{"name": "", "run": 1}], "hello": {"device_id": ""},
    }  # fmt: skip


def test_a_recording_says_where_samples_are_missing(tmp_path: Path) -> None:
    archive.write(captured(), tmp_path / "report.zip")
    assert recording.load(tmp_path / "report.zip").gaps.tolist() == [[40, 44]]


@pytest.mark.parametrize("gaps", [[[5, 3]], [[-1, 3]], [[90, 101]], [[5, 9], [7, 12]], [5, 9], [[1.5, 2.5]]])
def test_gaps_that_cannot_be(tmp_path: Path, gaps: list[object]) -> None:
    np.savez(tmp_path / "walk.npz", acc=np.zeros((100, 3)), fs=100.0, gaps=np.array(gaps))
    with pytest.raises(DamagedData, match="gaps"):
        recording.load(tmp_path / "walk.npz")


def test_a_bare_array_is_not_a_recording(tmp_path: Path) -> None:
    np.save(tmp_path / "walk.npy", np.zeros(3))
    with pytest.raises(DamagedData, match="cannot be read as npz"):
        recording.load(tmp_path / "walk.npy")
