"""The typed messages of the host are those of the schema."""

import pytest

from tools import wire_types

pytestmark = pytest.mark.gate


def test_message_classes_match_the_schema() -> None:
    assert wire_types.target().read_text("utf-8") == wire_types.module(), "run: python -m tools.wire_types --write"


def test_check_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wire_types.main(["--check"]) == 0
    monkeypatch.setattr(wire_types, "module", lambda: "something else")
    assert wire_types.main(["--check"]) == 1
