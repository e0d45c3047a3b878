"""The tables of docs/trust.md and docs/science.md match tests/baseline.json."""

import pytest

from tools import figures_doc

pytestmark = pytest.mark.gate


@pytest.mark.parametrize("path", figures_doc.DOCUMENTS, ids=lambda path: path.name)
def test_a_document_has_the_figures_of_the_baseline(path) -> None:
    document, table = path.read_text("utf-8"), figures_doc.DOCUMENTS[path]()
    assert document == figures_doc.updated(document, table), "run: python -m tools.figures_doc --write"


def test_check_can_fail(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert figures_doc.main(["--check"]) == 0
    monkeypatch.setattr(figures_doc, "DOCUMENTS", dict.fromkeys(figures_doc.DOCUMENTS, lambda: "another table"))
    assert figures_doc.main(["--check"]) == 1
    assert "tools.figures_doc --write" in capsys.readouterr().err


def test_counts_of_a_row() -> None:
    assert figures_doc.counts("uci backward/walk", "imu")[:3] == (206, 206, 0)
    assert figures_doc.counts("llio llio jog", "accel").unknown is None
