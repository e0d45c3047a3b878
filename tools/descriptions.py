"""Find parts of the schema without a description, and descriptions of parts that the schema does not contain."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from retrowire import codec, schema
from tools.schema_doc import ENUMS, FLAGS, MESSAGES

_MESSAGES_PLACE = "MESSAGES in tools/schema_doc.py"
_ENUMS_PLACE = "tools/enum_doc.py"


def differences() -> list[str]:
    """Return one line for each part that is missing in the descriptions or in the schema, with the place to edit."""
    return [*_messages(), *_values("ENUMS", "enumeration", codec.enum), *_values("FLAGS", "flags", codec.flags)]


def _messages() -> Iterator[str]:
    wanted = {row[1]: [field[0] for field in row[4]] for row in codec.messages()}
    yield from _compared("message {}", wanted, MESSAGES, _MESSAGES_PLACE)
    for name, fields in wanted.items():
        if name in MESSAGES:
            yield from _compared(f"field {{}} of message {name}", fields, MESSAGES[name][1], _MESSAGES_PLACE)


def _values(table: str, kind: str, names: Callable[[str], Sequence[tuple[str, int]]]) -> Iterator[str]:
    described: Mapping[str, tuple[str, Mapping[str, str]]] = {"ENUMS": ENUMS, "FLAGS": FLAGS}[table]
    wanted = getattr(schema, table)
    yield from _compared(f"{kind} {{}}", wanted, described, f"{table} in {_ENUMS_PLACE}")
    for name in wanted:
        if name in described:
            values = [value for value, _ in names(name)]
            yield from _compared(
                f"value {{}} of {kind} {name}", values, described[name][1], f"{table} in {_ENUMS_PLACE}"
            )


def _compared(part: str, wanted: Collection[str], described: Collection[str], place: str) -> Iterator[str]:
    for name in wanted:
        if name not in described:
            yield f"{part.format(name)} has no description: add it to {place}"
    for name in described:
        if name not in wanted:
            yield f"{part.format(name)} is not in the schema: remove it from {place}"
