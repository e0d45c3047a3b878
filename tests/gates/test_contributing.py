"""The paths and names in CONTRIBUTING.md exist."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.gate

_PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:md|toml))`")
_NAMES = re.compile(r"((?:`\w+`(?:, | and )?)+) in `((?:[\w.-]+/)+[\w.-]*)`")


def wrong(root: Path, text: str) -> list[str]:
    """Return a line for each path that does not exist and each name that its file does not contain."""
    named = [path for path in _PATH.findall(text) if not path.startswith("build/")]  # `make` writes these
    found = [f"{path} does not exist" for path in named if not (root / path).exists()]
    for names, path in _NAMES.findall(text):
        files = [root / path] if (root / path).is_file() else sorted((root / path).glob("*.py"))
        content = "\n".join(file.read_text("utf-8") for file in files)
        missing = [name for name in re.findall(r"\w+", names) if not re.search(rf"\b{name}\b", content)]
        found += [f"{path} does not contain {name}" for name in missing]
    return found


def test_paths_and_names_exist(repo_root: Path) -> None:
    text = (repo_root / "CONTRIBUTING.md").read_text("utf-8")
    assert len(_PATH.findall(text)) > 50 and len(_NAMES.findall(text)) > 10
    assert not wrong(repo_root, text), "\n".join(wrong(repo_root, text))


def test_figures_exist_and_times_are_stated(repo_root: Path) -> None:
    text = (repo_root / "CONTRIBUTING.md").read_text("utf-8")
    registered = "\n".join(path.read_text("utf-8") for path in (repo_root / "tests" / "bench").glob("*.py"))
    figures = " ".join(re.findall(r'FIGURES="?([\w ]+)', text)).split()
    assert figures
    assert [name for name in figures if f'"{name}"' not in registered] == []
    assert re.findall(r"TIME_[A-Z]+", text) == []


def test_a_wrong_entry_is_named(repo_root: Path) -> None:
    text = "`LEFT_OUT`, `planted` in `tests/quick.py`, `tests/none.py`"
    assert wrong(repo_root, text) == ["tests/none.py does not exist", "tests/quick.py does not contain planted"]
