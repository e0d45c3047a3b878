"""Saved files: never overwritten, complete or absent, and on the disk before the call returns."""

import errno
import os
from pathlib import Path

import pytest

from retropod import durable


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_no_save_overwrites_another_file(tmp_path):
    path = tmp_path / "here" / "run.rpr"
    saved = [durable.save_new(path, content) for content in (b"one", b"two", b"one", b"two", b"three")]
    assert [one.read_bytes() for one in saved] == [b"one", b"two", b"one", b"two", b"three"]
    assert saved[0] == path and saved[:2] == saved[2:4] and len(names(path.parent)) == 3
    assert saved[1].stem.startswith("run-") and saved[1].suffix == ".rpr"


def test_a_name_that_has_the_digest_already_is_not_overwritten_either(tmp_path):
    path = tmp_path / "run.rpr"
    durable.save_new(path, b"one")
    second = durable.save_new(path, b"two")
    second.write_bytes(b"damaged later")
    third = durable.save_new(path, b"two")
    assert (second.read_bytes(), third.read_bytes()) == (b"damaged later", b"two")


def test_a_folder_of_that_name_is_not_in_the_way(tmp_path):
    (tmp_path / "run.rpr").mkdir()
    assert durable.save_new(tmp_path / "run.rpr", b"one").read_bytes() == b"one"


def test_without_hard_links_nothing_is_overwritten(tmp_path, monkeypatch):
    def link(*_):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", link)
    saved = [durable.save_new(tmp_path / "run.rpr", content) for content in (b"one", b"two")]
    assert [one.read_bytes() for one in saved] == [b"one", b"two"]


def test_a_full_disk_leaves_no_part_and_keeps_the_earlier_file(tmp_path, monkeypatch):
    path = tmp_path / "note"
    durable.replace(path, b"old")

    def full(_):
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for save in (durable.replace, durable.save_new):
        with pytest.raises(OSError):
            save(path, b"new")
    assert names(tmp_path) == ["note"] and path.read_bytes() == b"old"


def test_a_folder_in_place_of_a_helper_file_leaves_no_part(tmp_path):
    (tmp_path / "note").mkdir()
    with pytest.raises(OSError):
        durable.replace(tmp_path / "note", b"new")
    assert names(tmp_path) == ["note"]


@pytest.mark.skipif(os.name != "posix", reason="folders cannot be synchronised there")
def test_file_and_folder_reach_the_disk_before_the_call_returns(tmp_path, monkeypatch):
    steps = []

    def note_sync(handle, real=os.fsync):
        steps.append(("sync", Path(f"/proc/self/fd/{handle}").resolve() if Path("/proc/self/fd").exists() else None))
        real(handle)

    def note_link(source, path, real=os.link):
        steps.append(("named", Path(path)))
        real(source, path)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "link", note_link)
    path = durable.save_new(tmp_path / "run.rpr", b"one")
    named = steps.index(("named", path))
    assert any(step[0] == "sync" for step in steps[:named])
    assert [step[0] for step in steps[named + 1 :]] == ["sync"]


def test_a_file_system_that_synchronises_no_folder_is_accepted(tmp_path, monkeypatch):
    def refuse(handle):
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", refuse)
    durable.sync_folder(tmp_path)


def test_new_files_and_folders_are_private(tmp_path):
    source = tmp_path / "part"
    source.write_bytes(b"three")
    source.chmod(0o644)
    saved = durable.save_new(tmp_path / "a" / "b" / "one", b"one")
    durable.replace(tmp_path / "a" / "two", b"two")
    moved = durable.move_new(source, tmp_path / "a" / "three")
    durable.append(tmp_path / "a" / "four", b"four")
    for path in (saved, tmp_path / "a" / "two", moved, tmp_path / "a" / "four"):
        assert path.stat().st_mode & 0o777 == 0o600, path
    for folder in (saved.parent, tmp_path / "a"):
        assert folder.stat().st_mode & 0o777 == 0o700
