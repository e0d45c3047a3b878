"""Texts of other people in an exported file: names, wearers and notes can contain any character."""

# A spreadsheet evaluates a cell that begins with one of these, also in its full-width form.
_FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")


def visible(text: str) -> str:
    """Return the text on one line, with U+FFFD for each control, escape, bidirectional or other invisible character."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)


def cell(text: str) -> str:
    """Return a text that no spreadsheet evaluates as a formula: with an apostrophe before a sign of one."""
    shown = visible(text)
    return "'" + shown if shown.lstrip(" '\"")[:1] in _FORMULA else shown
