"""Folded sources: constants become numbers, names and lines stay, and a result is stored by content."""

import ast
import os
from pathlib import Path

import pytest

from retropod import sources
from retropod.build import folded

KERNEL = """import micropython
from micropython import const

from pod import table
from pod.table import ROOM

HERE = const(2)


@micropython.viper
def fill(buf: ptr32):
    buf[table.FIRST] = ROOM + HERE
"""
TABLE = "from micropython import const\n\nFIRST = const(3)\nROOM = const(FIRST << 4)\n"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(folded, "folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def firmware(tmp_path: Path) -> Path:
    folder = tmp_path / "firmware"
    (folder / "pod").mkdir(parents=True)
    (folder / "pod" / "__init__.py").write_text("")
    (folder / "pod" / "kernel.py").write_text(KERNEL)
    (folder / "pod" / "table.py").write_text(TABLE)
    return folder


def test_constants_of_other_modules_become_numbers_in_their_lines(firmware: Path) -> None:
    kernel = (folded.folders(firmware).firmware / "pod" / "kernel.py").read_text()
    assert kernel == KERNEL.replace("table.FIRST", "3").replace("ROOM + HERE", "48 + 2")


def test_the_app_keeps_its_files_its_lines_and_its_names() -> None:
    found = folded.folders()
    for root, copy in ((sources.firmware_dir(), found.firmware), (sources.wire_dir(), found.wire)):
        names = {path.relative_to(copy) for path in copy.rglob("*.py")}
        assert len(names) >= 9
        for name in names:
            before, after = (root / name).read_text(), (copy / name).read_text()
            assert before.count("\n") == after.count("\n"), name
            assert _defined(before) == _defined(after), name
        assert not [path for path in (root / "pod").rglob("*.py") if path.relative_to(root) not in names]


def _defined(text: str) -> list[tuple[int, str]]:
    """Line and name of each function, class, parameter and import."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.alias):
            found.append((node.lineno, node.name))
        elif isinstance(node, ast.arg):
            found.append((node.lineno, node.arg))
    return found


def test_a_result_is_made_once(firmware: Path, cache: Path) -> None:
    first = folded.folders(firmware)
    mark = first.firmware / "mark"
    mark.touch()
    assert folded.folders(firmware) == first and mark.exists()
    (firmware / "pod" / "table.py").write_text(TABLE.replace("3", "5"))
    other = folded.folders(firmware)
    assert "buf[5] = 80 + 2" in (other.firmware / "pod" / "kernel.py").read_text()
    assert len(list(cache.iterdir())) == 2


def test_results_that_were_not_used_for_days_are_deleted(firmware: Path, cache: Path) -> None:
    first = folded.folders(firmware)
    os.utime(first.firmware.parent, (0, 0))
    (firmware / "pod" / "table.py").write_text(TABLE.replace("3", "5"))
    second = folded.folders(firmware)
    assert list(cache.iterdir()) == [second.firmware.parent]


def test_without_a_writable_cache_the_process_has_its_own(firmware: Path, cache: Path) -> None:
    cache.write_text("a file where the folder would be")
    found = folded.folders(firmware)
    assert (found.firmware / "pod" / "kernel.py").exists() and folded.folders(firmware) == found
