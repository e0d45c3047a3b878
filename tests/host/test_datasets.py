"""RETROPOD_DATA: several folders, recognised data sets, folders without labels."""

import hashlib
from pathlib import Path

import pytest

from bench import registry
from retropod.errors import UsageError
from tools import datasets


@pytest.fixture
def sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two data sets in RETROPOD_DATA; the second one is known as the development set."""
    found = [tmp_path / "a", tmp_path / "b"]
    for folder in found:
        folder.mkdir()
        (folder / "strides.csv").write_text(folder.name)
    monkeypatch.setitem(datasets.KNOWN, "dev", hashlib.sha256(b"b").hexdigest())
    monkeypatch.setenv("RETROPOD_DATA", ":".join(map(str, found)))
    return found


def test_folders_are_separated_by_colons(sets: list[Path]) -> None:
    assert datasets.folders() == sets


def test_a_data_set_is_recognised_by_its_labels(sets: list[Path]) -> None:
    assert datasets.known("dev") == sets[1]
    assert datasets.known("running") is None
    with pytest.raises(registry.NotMeasured, match="running"):
        registry.recordings("running")


def test_the_development_set_is_preferred(sets: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    assert registry.recordings() == sets[1]
    monkeypatch.setenv("RETROPOD_DATA", str(sets[0]))
    assert registry.recordings() == sets[0]


@pytest.mark.parametrize("value", [None, ""])
def test_without_folders_nothing_is_measured(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RETROPOD_DATA", raising=False)
    if value is not None:
        monkeypatch.setenv("RETROPOD_DATA", value)
    assert datasets.folders() == []
    with pytest.raises(registry.NotMeasured):
        registry.recordings()


def test_a_folder_without_labels_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETROPOD_DATA", str(tmp_path))
    with pytest.raises(UsageError, match=str(tmp_path)):
        datasets.folders()


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "strides.csv").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RETROPOD_DATA", "~/set")
    assert datasets.folders() == [tmp_path / "set"]
