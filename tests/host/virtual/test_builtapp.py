"""The cache of built apps."""

import os
import shutil
from pathlib import Path

import pytest

from retropod.virtual import builtapp


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(folder))
    return folder


def writes(text: str):
    return lambda folder: (folder / "text").write_text(text)


def test_an_entry_is_made_once(cache: Path) -> None:
    first = builtapp.entry("name", writes("first"))
    assert builtapp.entry("name", writes("second")) == first
    assert (first / "text").read_text() == "first"
    assert [path.name for path in first.parent.iterdir()] == ["name"]


def test_two_processes_that_make_the_same_entry(cache: Path) -> None:
    def slow(folder: Path) -> None:
        builtapp.entry("name", writes("of the faster process"))
        writes("of the slower process")(folder)

    made = builtapp.entry("name", slow)
    assert (made / "text").read_text() == "of the faster process"
    assert [path.name for path in made.parent.iterdir()] == ["name"]


def test_a_failed_build_leaves_no_entry(cache: Path) -> None:
    with pytest.raises(ValueError, match="broken"):
        builtapp.entry("name", lambda _: (_ for _ in ()).throw(ValueError("broken")))
    assert builtapp.entry("name", writes("fixed")).joinpath("text").read_text() == "fixed"


def test_unused_entries_are_deleted(cache: Path) -> None:
    old, used = builtapp.entry("old", writes("old")), builtapp.entry("used", writes("used"))
    for path in (old, used):
        os.utime(path, (0, 0))
    assert builtapp.entry("used", writes("again")) == used
    new = builtapp.entry("new", writes("new"))
    assert not old.exists() and used.exists() and new.exists()


def test_a_cache_that_cannot_be_written_is_replaced_by_a_temporary_folder(cache: Path) -> None:
    cache.write_text("a file, not a folder")
    assert (builtapp.entry("name", writes("made")) / "text").read_text() == "made"


def test_a_changed_folder_of_sources_is_built(cache: Path, tmp_path: Path, repo_root: Path) -> None:
    firmware = Path(shutil.copytree(repo_root / "firmware", tmp_path / "firmware"))
    with (firmware / "pod" / "clock" / "clock.py").open("a") as file:
        file.write("\nprint('a changed app')\n")
    made = builtapp.folder(firmware)
    assert b"a changed app" in (made / "pod" / "clock.mpy").read_bytes()
    assert builtapp.folder(firmware) == made


def test_the_key_depends_on_the_sources(tmp_path: Path) -> None:
    (tmp_path / "pod").mkdir()
    (tmp_path / "pod" / "app.py").write_text("x = 1\n")
    before = builtapp.digest(tmp_path)
    assert builtapp.digest(tmp_path) == before
    (tmp_path / "pod" / "app.py").write_text("x = 2\n")
    assert builtapp.digest(tmp_path) != before


def test_the_built_app_has_compiled_modules_with_flat_names(micropython: Path) -> None:
    made = builtapp.folder()
    assert (made / "main.py").is_file() and (made / "boot.py").is_file()
    assert (made / "pod" / "session.mpy").is_file() and not (made / "pod" / "link").exists()
    assert (made / "retrowire" / "codec.mpy").is_file()
    assert [path for path in made.rglob("*.py") if path.name not in ("main.py", "boot.py")] == []
