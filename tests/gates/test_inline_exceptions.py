"""Exceptions to lint and types are in pyproject.toml, each with its reason, and never inline."""

import io
import re
import tokenize
from pathlib import Path

import pytest

pytestmark = pytest.mark.gate

INLINE = re.compile(r"#\s*(noqa|type:\s*ignore|pyright:|ruff:\s*noqa|pragma)")


def comments(source: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def test_no_inline_exceptions(repo_root: Path) -> None:
    for folder in ("host", "protocol", "firmware", "tests"):
        for path in sorted((repo_root / folder).rglob("*.py")):
            found = [text for text in comments(path.read_text("utf-8")) if INLINE.search(text)]
            assert not found, f"{path.relative_to(repo_root)}: {found}"


def test_pattern_sees_one() -> None:
    assert INLINE.search(comments("x = 1  " + "# no" + "qa: E501\n")[0])
