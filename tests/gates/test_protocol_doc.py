"""protocol/README.md matches the schema, and every part of the schema has a description."""

from pathlib import Path

import pytest

from tools import descriptions, wire_doc

pytestmark = pytest.mark.gate


def test_byte_tables_match_the_schema(repo_root: Path) -> None:
    missing = descriptions.differences()
    assert not missing, "\n".join(missing)
    written = (repo_root / "protocol" / "README.md").read_text("utf-8")
    assert written == wire_doc.document(), "run: python -m tools.wire_doc --write"
