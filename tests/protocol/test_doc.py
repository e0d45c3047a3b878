"""Everything in the schema has a meaning in words."""

import pytest

from retrowire import codec, schema
from tools import schema_doc, wire_doc


def test_every_message_and_field_has_one_meaning() -> None:
    wanted = {row[1]: {field[0] for field in row[4]} for row in codec.messages()}
    assert {name: set(fields) for name, (_, fields) in schema_doc.MESSAGES.items()} == wanted


@pytest.mark.parametrize("kind", ["ENUMS", "FLAGS"])
def test_every_name_has_one_meaning(kind: str) -> None:
    pairs = {"ENUMS": codec.enum, "FLAGS": codec.flags}[kind]
    wanted = {enum: {name for name, _ in pairs(enum)} for enum in getattr(schema, kind)}
    assert {enum: set(words) for enum, (_, words) in getattr(schema_doc, kind).items()} == wanted


def test_no_meaning_is_empty() -> None:
    for table in (schema_doc.MESSAGES, schema_doc.ENUMS, schema_doc.FLAGS):
        for name, (purpose, words) in table.items():
            assert purpose.endswith("."), name
            assert all(text.strip() for text in words.values()), name


def test_document_names_everything() -> None:
    text = wire_doc.document()
    for row in codec.messages():
        assert f"#### `{row[1]}` {row[0]:#04x}" in text
        assert all(f"| `{field[0]}` |" in text for field in row[4])
    for table, pairs in ((schema.ENUMS, codec.enum), (schema.FLAGS, codec.flags)):
        for enum in table:
            assert f"**{enum}**" in text
            assert all(f"| {value} | `{name}` |" in text for name, value in pairs(enum))


def test_check_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wire_doc.main(["--check"]) == 0
    monkeypatch.setattr(wire_doc, "document", lambda: "something else")
    assert wire_doc.main(["--check"]) == 1
