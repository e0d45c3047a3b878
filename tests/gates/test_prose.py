"""Words of docstrings, comments, messages and documents: house words (tools/prose.toml) and spelling (codespell)."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools import prose

pytestmark = pytest.mark.gate

# A text for every pattern, and texts that the same patterns accept.
REFUSED = {
    "mend": "This function mends a port.",
    "anew": "Opens the port anew.",
    "whoever": "For whoever opens the port.",
    "beside": "Besides, the port is open.",
    "deed": "Executes a deed.",
    "is none": "The answer\nis none.",
    "is no X": "This file is no recording.",
    "came to nothing": "A start that came to nothing.",
    "for ever": "It waits for\never.",
    "seldom": "Seldom used.",
    "life": "Begins a new life.",
    "knock": "The sensor knocks.",
    "lobe": "The largest lobe of a swing.",
    "begins with What, Who or Whether": "Whether the port is open.",
    "American spelling": "Return the color of the LED.",
}
ACCEPTED = """There is no port. The count is no longer valid. None of them is open. Battery life, life cycle.
Forever is a word of its own. Return the colour. State whether the port is open."""


def test_texts_contain_no_house_word(repo_root: Path) -> None:
    found = prose.check(repo_root, prose.tracked(repo_root))
    assert not found, "\n" + "\n".join(map(str, found))


@pytest.mark.parametrize("word", REFUSED)
@pytest.mark.parametrize("form", ['"""{}"""', "x = 1\n# {}\n", 'option(help="{}")', 'f"{{x}} {}"'])
def test_a_planted_word_is_found(word: str, form: str) -> None:
    text = REFUSED[word]
    text = (
        text.replace("\n", "\n# ")
        if form.startswith("x")
        else text
        if form.startswith('"')
        else text.replace("\n", " ")
    )
    found = prose.hits("host/retropod/planted.py", form.format(text))
    assert [hit.word for hit in found] == ([] if form.startswith("f") and word.startswith("begins") else [word])


@pytest.mark.parametrize("word", REFUSED)
@pytest.mark.parametrize("form", ["{}\n", "# Title\n\n- {}\n", "| a | {} | c |\n", "```\n{0}\n```\n\n{0}\n"])
def test_a_planted_word_is_found_in_a_document(word: str, form: str) -> None:
    found = prose.hits("README.md", form.format(REFUSED[word].replace("\n", " ")))
    assert [hit.word for hit in found] == [word]


def test_every_pattern_has_a_planted_word() -> None:
    assert set(prose.lists().patterns) == set(REFUSED)


def test_plain_texts_are_accepted() -> None:
    assert prose.hits("README.md", ACCEPTED) == []
    assert prose.hits("host/retropod/plain.py", 'x = "The result is None."') == []
    assert prose.hits("host/retropod/plain.py", f'"""{ACCEPTED}"""\nlife = {{"mend": 1}}  # of a dictionary\n') == []


def test_a_hit_names_file_line_and_word() -> None:
    (found,) = prose.hits("Makefile", "clean:\n\ttrue # a\n\t# deed\n")
    assert str(found).startswith("Makefile:3: deed: ")


def test_constructions_are_within_their_limits(repo_root: Path) -> None:
    found = prose.above_limits(repo_root, prose.tracked(repo_root))
    assert not found, "\n".join(found)


def test_a_construction_above_its_limit_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Return what is open. Nobody reads it.\n" + 1000 * "word " + "\n")
    assert [line.partition(":")[0] for line in prose.above_limits(tmp_path, ["a.md"])] == list(prose.lists().limits)
    (tmp_path / "a.md").write_text("Return the open ports.\n")
    assert prose.above_limits(tmp_path, ["a.md"]) == []


def test_exceptions_are_needed(repo_root: Path) -> None:
    for path, text in prose.lists().exceptions:
        names = [path] if path != "*" else prose.covered(prose.tracked(repo_root))
        assert any(text in (repo_root / name).read_text("utf-8") for name in names), f"{path}: {text}"


# --- spelling ------------------------------------------------------------------------------------------------------


def _codespell(root: Path, *files: str | Path) -> str:
    command = [sys.executable, "-m", "codespell_lib", "--toml", str(root / "pyproject.toml"), *map(str, files)]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False).stdout


def test_spelling(repo_root: Path) -> None:
    found = _codespell(repo_root, *prose.covered(prose.tracked(repo_root)))
    assert not found, f"\n{found}"


def test_a_spelling_error_is_found(repo_root: Path, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('"""{} a frame."""\n'.format("Receive".replace("ei", "ie")))
    assert "Receive" in _codespell(repo_root, tmp_path / "a.py")
