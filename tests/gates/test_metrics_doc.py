"""docs/metrics.md and docs/json/metrics.json match the registry of metrics."""

import pytest

from tools import metrics_doc

pytestmark = pytest.mark.gate


def test_documents_match_the_registry() -> None:
    hint = "run: python -m tools.metrics_doc --write"
    assert metrics_doc.MARKDOWN.read_text("utf-8") == metrics_doc.document(), hint
    assert metrics_doc.SCHEMA.read_text("utf-8") == metrics_doc.definitions(), hint


def test_check_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    assert metrics_doc.main(["--check"]) == 0
    monkeypatch.setattr(metrics_doc, "document", lambda: "something else")
    assert metrics_doc.main(["--check"]) == 1
