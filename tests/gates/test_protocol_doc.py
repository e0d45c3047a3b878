"""protocol/README.md is what the schema says."""

from pathlib import Path

import pytest

from tools import wire_doc

pytestmark = pytest.mark.gate


def test_byte_tables_match_the_schema(repo_root: Path) -> None:
    written = (repo_root / "protocol" / "README.md").read_text("utf-8")
    assert written == wire_doc.document(), "run: python -m tools.wire_doc --write"
