"""Cache of shrunk sources: a result is made once, and again if its file is damaged."""

from pathlib import Path

import pytest

from retropod.build import shrinkcache
from retropod.build.shrink import Shrunk
from retropod.errors import OperationFailed


class Maker:
    """Makes one result and counts how often it was called."""

    result = Shrunk({"pod/a.py": "x = 'ä'"}, {"main.py": "y"}, {"long": "l"}, {"pod.b.a": "pod.a"})

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> Shrunk:
        self.calls += 1
        return self.result


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(shrinkcache, "folder", lambda: tmp_path / "shrunk")
    return tmp_path / "shrunk"


def test_a_result_is_made_once(folder: Path) -> None:
    make = Maker()
    assert [shrinkcache.stored("a", make) for _ in range(3)] == [Maker.result] * 3
    assert make.calls == 1
    shrinkcache.stored("b", make)
    assert make.calls == 2


@pytest.mark.parametrize("content", ["", "[1", "7", "[]", '["a", "b", "c"]'])
def test_a_damaged_result_is_made_again(folder: Path, content: str) -> None:
    make = Maker()
    shrinkcache.stored("a", make)
    next(folder.glob("*.json")).write_text(content)
    assert shrinkcache.stored("a", make) == Maker.result
    assert make.calls == 2


def test_old_results_are_deleted(folder: Path) -> None:
    for number in range(20):
        shrinkcache.stored(number, Maker())
    assert len(list(folder.iterdir())) == shrinkcache._STORED


def test_an_error_is_not_stored(folder: Path) -> None:
    def fails() -> Shrunk:
        raise OperationFailed("it cannot be built")

    for _ in range(2):
        with pytest.raises(OperationFailed):
            shrinkcache.stored("a", fails)
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(shrinkcache, "folder", lambda: tmp_path / "file" / "shrunk")
    assert shrinkcache.stored("a", Maker()) == Maker.result
