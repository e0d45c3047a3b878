"""Captures written and read again: gaps filled, rotated into the shoe frame, otherwise unchanged."""

import errno
import json
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

import jsondocs
from host.tinypod import TinyPod
from retropod import durable, recording
from retropod.capture import archive, collect
from retropod.client.messages import RawMessage
from retropod.client.pod import Pod
from retropod.errors import DamagedData, NoPod, OperationFailed
from retropod.runs.samples import RawSamples
from retropod.transport.serial import PortGone

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
    assert archive.write(captured(), path) == path
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
    line = {"file": "report.zip", "size_bytes": 1, "samples": told, "notes": []}
    assert jsondocs.faults("capture", json.dumps(line)) == []


def test_a_capture_without_samples_is_not_a_recording(tmp_path: Path) -> None:
    held = captured()
    held.samples = None
    archive.write(held, tmp_path / "report.zip")
    with pytest.raises(DamagedData, match="capture without samples"):
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
    np.savez(tmp_path / "walk.npz", acc=np.ones((100, 3)), fs=100.0, gaps=np.array(gaps))
    with pytest.raises(DamagedData, match="gaps"):
        recording.load(tmp_path / "walk.npz")


def test_a_bare_array_is_not_a_recording(tmp_path: Path) -> None:
    np.save(tmp_path / "walk.npy", np.zeros(3))
    with pytest.raises(DamagedData, match="not a zip file"):
        recording.load(tmp_path / "walk.npy")


def test_a_jump_of_the_index_costs_the_recording_and_no_memory(tmp_path: Path) -> None:
    for index in ([0, 1, 2**32 - 1], [5, 4, 6]):
        held = captured()
        held.samples = RawSamples(np.array(index), np.zeros((3, 6), np.int16))
        path = archive.write(held, tmp_path / f"report{index[0]}.zip")
        assert "raw.npz" in zipfile.ZipFile(path).namelist() and "samples.npz" not in zipfile.ZipFile(path).namelist()


def test_numbers_that_json_does_not_have_become_null(tmp_path: Path) -> None:
    held = captured()
    held.report["status"] = {"x": float("nan"), "y": [float("inf"), 1.5]}
    with zipfile.ZipFile(archive.write(held, tmp_path / "report.zip")) as zipped:
        report = json.loads(zipped.read("capture.json"), parse_constant=pytest.fail)
    assert report["status"] == {"x": None, "y": [None, 1.5]}


def test_a_name_that_was_taken_in_the_meantime_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "report.zip"
    archive.reserve(path, force=False)
    path.write_bytes(b"precious")
    other = archive.write(captured(), path)
    assert other != path and path.read_bytes() == b"precious" and zipfile.is_zipfile(other)
    assert archive.write(captured(), path, force=True) == path and zipfile.is_zipfile(path)


def test_a_full_disk_is_one_line_that_names_the_path_and_the_place_of_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, spare = durable.save_new, tmp_path / "spare"
    spare.mkdir()

    def full(path: Path, data: bytes) -> Path:
        if path.parent != spare:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, data)

    monkeypatch.setattr(durable, "save_new", full)
    monkeypatch.setattr(tempfile, "tempdir", str(spare))
    with pytest.raises(OperationFailed, match="No space left") as caught:
        archive.write(captured(), tmp_path / "report.zip")
    assert str(tmp_path / "report.zip") in caught.value.message and str(spare / "report.zip") in caught.value.message
    assert zipfile.is_zipfile(spare / "report.zip")


def test_one_damaged_message_does_not_cost_the_others() -> None:
    held = collect.Captured()
    good = [RawMessage(sample=at, count=1, axes=6, encoding="counts", data=bytes(12)) for at in range(3)]
    bad = [RawMessage(sample=3, count=9, axes=6, encoding="counts", data=bytes(12)),
           RawMessage(sample=4, count=1, axes=3, encoding="counts", data=bytes(6))]  # fmt: skip
    collect._keep(held, [*good, *bad])
    assert held.samples is not None and held.samples.index.tolist() == [0, 1, 2]
    assert held.notes == ["samples: 2 of 5 messages are damaged"]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> TinyPod:
    """A pod that answers requests which the tiny pod does not know."""
    monkeypatch.setattr(Pod, "settings", lambda pod: {"side": "left"})
    monkeypatch.setattr(Pod, "mount", lambda pod: None)
    monkeypatch.setattr(Pod, "checks", lambda pod: iter(()))
    return TinyPod()


@pytest.mark.parametrize("failing", ["runs", "faults", "settings", "mount", "checks"])
def test_a_part_that_fails_is_listed_and_the_rest_is_captured(
    failing: str, answering: TinyPod, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise NoPod("tiny: no answer")

    monkeypatch.setattr(Pod, failing, fail)
    with Pod(answering) as pod:
        held = collect.take(pod, 0.0, False, lambda text: None)
    part = "tests" if failing == "checks" else failing
    assert [note for note in held.notes if note.startswith(part)] == [f"{part}: tiny: no answer"]
    assert held.lost is None and held.report["status_after"] is not None
    assert failing == "runs" or len(held.report["runs"]) == 3


def test_a_pod_that_went_away_ends_the_capture_with_the_parts_before(
    answering: TinyPod, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise PortGone("tiny:")

    monkeypatch.setattr(Pod, "mount", gone)
    with Pod(answering) as pod:
        held = collect.take(pod, 5.0, False, lambda text: None)
    assert isinstance(held.lost, PortGone) and held.report["settings"] is not None
    assert "runs: not asked, because the pod does not answer" in held.notes
