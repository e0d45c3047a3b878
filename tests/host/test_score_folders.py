"""Several folders of labelled recordings."""

from pathlib import Path

import pytest

from retropod.errors import UsageError
from retropod.score import labels


def folder_of(place: Path, name: str) -> Path:
    place.mkdir()
    (place / f"{name}.npz").touch()
    (place / "strides.csv").write_text(f"recording,t0_s,t1_s,label\n{name},0,1,forward\n")
    (place / "still.csv").write_text(f"recording,t0_s,t1_s\n{name},2,3\n")
    return place


def test_several_folders_are_read_as_one(tmp_path: Path):
    first, second, same = (
        folder_of(tmp_path / place, name) for place, name in (("x", "a_1"), ("y", "b_1"), ("z", "a_1"))
    )
    read = labels.read(first, second)
    assert read.paths == {"a_1": first / "a_1.npz", "b_1": second / "b_1.npz"}
    assert [one.recording for one in read.labels] == [one[0] for one in read.still] == ["a_1", "b_1"]
    with pytest.raises(UsageError, match="name of a recording") as caught:
        labels.read(first, second, same)
    assert str(same / "a_1.npz") in caught.value.message and str(first) in caught.value.message
