"""The example in the README is output that `show` can print."""

from pathlib import Path

import pytest

from tools import readme_example

pytestmark = pytest.mark.gate
TEXT = "run  1\n\n ▲▼\n0:00.0  1:00.0\n\ndirection  m\n▲ forward  3\n\nbouts\n\nintervals: 2\nrep\n"


def test_the_chosen_parts_replace_the_example() -> None:
    readme = readme_example.README.read_text("utf-8")
    changed = readme_example.with_example(readme, TEXT)
    assert " ▲▼\n0:00.0  1:00.0\n\ndirection  m\n▲ forward  3\n\nintervals: 2\nrep\n```" in changed
    assert "bouts" not in changed.partition("▲▼")[2].partition("```")[0]
    assert readme_example.with_example(changed, TEXT) == changed
    assert changed.startswith(readme[:500]) and changed.endswith(readme[-500:])


def test_the_example_of_the_readme_is_not_empty(repo_root: Path) -> None:
    assert "▼ backward" in (repo_root / "README.md").read_text("utf-8")
    assert (repo_root / "docs" / "report.png").stat().st_size > 20_000
