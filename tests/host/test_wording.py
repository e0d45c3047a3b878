"""Parts of sentences: a number agrees with its noun."""

import re
from pathlib import Path

import pytest

from retropod.wording import bound, count


@pytest.mark.parametrize(
    ("number", "text", "irregular"),
    [(0, "0 runs", "0 axes are"), (1, "1 run", "1 axis is"), (2, "2 runs", "2 axes are")],
)
def test_a_count_agrees_with_its_noun(number: int, text: str, irregular: str) -> None:
    assert count(number, "run") == text
    assert count(number, "axis is", "axes are") == irregular


@pytest.mark.parametrize(
    ("error_s", "text"),
    [(0.0305, "31 ms"), (0.9996, "1.0 s"), (2.3, "2.3 s"), (2.31, "2.4 s"), (125.0, "3 min"), (216_000.0, "60 h"),
     (7_201.0, "3 h")],
)  # fmt: skip
def test_an_error_bound_is_rounded_up(error_s: float, text: str) -> None:
    assert bound(error_s) == text


_BY_HAND = re.compile(r"""\{(''|""|'s'|"s") if [^{}]* else (''|""|'s'|"s")\}""")


@pytest.mark.parametrize("text", ["run{'s' if n != 1 else ''}", "run{'' if n == 1 else 's'}", 'run{"s" if n else ""}'])
def test_a_plural_by_hand_is_found(text: str) -> None:
    assert _BY_HAND.search(text)


def test_no_plural_is_made_by_hand(repo_root: Path) -> None:
    sources = [path for path in (repo_root / "host").rglob("*.py") if "onpod" not in path.parts]
    assert [str(path) for path in sources if _BY_HAND.search(path.read_text("utf-8"))] == []


def test_the_drawings_separate_their_texts_by_more_than_spaces(repo_root: Path) -> None:
    """SVG collapses spaces: "needed   dashed" is shown as "needed dashed"."""
    drawings = list((repo_root / "docs" / "wiring").glob("*.svg"))
    texts = [text for path in drawings for text in re.findall(r">([^<>]+)</text>", path.read_text("utf-8"))]
    assert len(texts) > 50
    assert [text for text in texts if "  " in text] == []
