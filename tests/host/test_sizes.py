"""The sizes tool: stored sizes, their comparison, and a damaged file."""

from pathlib import Path

import pytest

from retropod import sources
from retropod.build import release
from retropod.errors import DamagedData
from tools import sizes
from tools.heap import Heap


def test_sizes_of_the_last_release_are_stored() -> None:
    assert set(sizes.released()) == set(release.ARCHITECTURES)
    assert sizes.released_heap() is not None


def test_stored_sizes_are_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "firmware_dir", lambda: tmp_path)
    assert sizes.released() == {} and sizes.released_heap() is None
    size, used = release.Size(2, 3000, 8192), Heap(1, 2, 3, 4, 5)
    monkeypatch.setattr(sizes.image, "version", lambda: (0, 1, 0))
    sizes.keep({"xtensawin": size}, used)
    assert sizes.released() == {"xtensawin": size}
    assert sizes.released_heap() == used


def test_a_damaged_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "firmware_dir", lambda: tmp_path)
    (tmp_path / "sizes.json").write_text("[")
    with pytest.raises(DamagedData, match=r"firmware/sizes\.json"):
        sizes.released()


def test_a_change_is_shown() -> None:
    assert [sizes.change(5, before) for before in (None, 5, 4)] == ["5", "5", "5 (+1)"]
