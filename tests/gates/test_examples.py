"""The outputs in README.md and docs/guides are those of the commands that they name."""

from pathlib import Path

import pytest

from tools import examples, examples_world

pytestmark = pytest.mark.gate
PAGE = """# A

<!-- output: show last; parts: direction, intervals -->
```text
old
```

<!-- pod: info -->
```text
old
```
"""
OUTPUT = "run  1\n\ndirection  m\n▲ forward  3  \n\nbouts\n\nintervals: 2\nrep\n"


def test_the_chosen_parts_replace_an_output() -> None:
    changed = examples.updated(PAGE, lambda words: OUTPUT if words == ["show", "last"] else "")
    assert "\n$ retropod show last\ndirection  m\n▲ forward  3\n\nintervals: 2\nrep\n```" in changed
    assert changed.count("old") == 1  # the output of a pod stays
    assert examples.updated(changed, lambda words: OUTPUT) == changed
    assert examples.updated(changed, lambda words: "port\n", ("pod",)).endswith("```text\n$ retropod info\nport\n```\n")


def test_outputs_are_those_of_their_commands(tmp_path: Path) -> None:
    examples_world.build(tmp_path)
    stale = [page.name for page, text in examples.outputs(tmp_path) if page.read_text("utf-8") != text]
    assert stale == [], "run: python -m tools.examples --write"


def test_no_output_is_empty(repo_root: Path) -> None:
    texts = [page.read_text("utf-8") for page in examples.PAGES]
    assert sum(text.count("\n$ retropod ") for text in texts) >= 15
    assert [page.name for page, text in zip(examples.PAGES, texts, strict=True) if "```text\n```" in text] == []
    assert (repo_root / "docs" / "report.png").stat().st_size > 20_000


def test_pictures_request_no_font(repo_root: Path) -> None:
    for path in (repo_root / "docs").rglob("*.svg"):
        assert "@font-face" not in path.read_text("utf-8"), path.name
