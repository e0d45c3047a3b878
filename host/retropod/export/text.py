"""Texts in an exported file: times, and names, wearers and notes, which can contain any character."""

from datetime import UTC, datetime

# A spreadsheet evaluates a cell that begins with one of these, also in its full-width form.
_FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")


def visible(text: str) -> str:
    """Return the text on one line, with U+FFFD for each control, escape, bidirectional or other invisible character."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)


def cell(text: str) -> str:
    """Return a text that no spreadsheet evaluates as a formula: with an apostrophe before a sign of one."""
    shown = visible(text)
    return "'" + shown if shown.lstrip(" '\"")[:1] in _FORMULA else shown


def iso(epoch_s: float) -> str:
    """Return a time in s since 1970 as ISO 8601, UTC, to the millisecond."""
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
