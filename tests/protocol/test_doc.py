"""Everything in the schema has a meaning in words."""

import pytest

from retrowire import codec, schema
from tools import descriptions, schema_doc, wire_doc


def test_every_part_of_the_schema_has_one_description() -> None:
    assert descriptions.differences() == []


@pytest.mark.parametrize(
    ("table", "entry", "name", "message"),
    [
        (
            "MESSAGES",
            "hello",
            "side",
            "field side of message hello has no description: add it to MESSAGES in tools/schema_doc.py",
        ),
        (
            "ENUMS",
            "chip",
            "mpu6050",
            "value mpu6050 of enumeration chip has no description: add it to ENUMS in tools/enum_doc.py",
        ),
        (
            "FLAGS",
            "what",
            "raw",
            "value raw of flags what has no description: add it to FLAGS in tools/enum_doc.py",
        ),
    ],
)
def test_a_missing_description_is_named(
    table: str, entry: str, name: str, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(getattr(schema_doc, table)[entry][1], name)
    assert wire_doc.main(["--check"]) == 1
    assert capsys.readouterr().err == f"error: {message}\n"


def test_a_superfluous_description_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(schema_doc.MESSAGES, "planted", ("A message.", {}))
    assert descriptions.differences() == [
        "message planted is not in the schema: remove it from MESSAGES in tools/schema_doc.py"
    ]


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
