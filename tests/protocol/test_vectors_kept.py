"""The script for the golden vectors gives exactly the stored ones, and does not change them."""

import runpy
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def maker() -> dict[str, object]:
    return runpy.run_path(str(HERE / "make_vectors.py"))


def test_adding_again_changes_nothing(maker, repo_root: Path, tmp_path: Path) -> None:
    frames = maker["good_frames"]() + maker["odd_frames"]()
    for name, made in (("frames.txt", frames), ("runs.txt", maker["runs"]())):
        kept = (repo_root / "protocol" / "vectors" / name).read_text("utf-8")
        copy = tmp_path / name
        copy.write_text(kept, "utf-8")
        maker["add"](copy, made, {})
        assert copy.read_text("utf-8") == kept, "run tests/protocol/make_vectors.py"


def test_a_new_one_is_added_behind_the_others(maker, tmp_path: Path) -> None:
    file = tmp_path / "frames.txt"
    file.write_text("== old\nwords\n: 00\n{}\n\n", "utf-8")
    maker["add"](file, [("old", "other words", b"\1"), ("new", "words", bytes(33))], {"old": "{}", "new": "{}"})
    lines = file.read_text("utf-8").splitlines()
    assert lines[:5] == ["== old", "words", ": 00", "{}", ""]
    assert lines[5:] == ["== new", "words", ": " + " ".join(["00"] * 32), ": 00", "{}", ""]
