"""Foreign text for a terminal: names, wearers, faults, file names and error messages can contain any character.

A control character or an escape sequence could change the screen, and a bidirectional override the order of the text.
They are replaced by visible escapes. Symbols that the encoding of the output lacks are replaced by ASCII.
"""

import unicodedata

# Characters without width or ink that Unicode does not count among the controls and formats.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
_ASCII = {
    "°": " deg",
    "±": "+-",
    "×": "x",
    "·": ".",
    "•": "*",
    "●": "*",
    "…": "...",
    "→": "->",
    "←": "<-",
    "µ": "u",
    "μ": "u",
    "▲": "^",
    "▼": "v",
    "◀": "<",
    "▶": ">",
    "◆": "#",
    "▁": ".",
    "▂": ":",
    "▃": "-",
    "▄": "=",
    "▅": "+",
    "▆": "*",
    "▇": "#",
    "█": "@",
    "░": ".",
    "▒": ":",
    "▓": "#",
    "━": "-",
    "─": "-",
    "╸": "-",
    "╺": "-",
    "╌": ".",
    "│": "|",
    "┃": "|",
    "✓": "y",
    "✗": "x",
    "²": "^2",
    "½": "1/2",
    "‐": "-",
    "‑": "-",
    "‒": "-",
    "–": "-",
    "—": "-",
    "−": "-",
    "≈": "~",
    "≤": "<=",
    "≥": ">=",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "\u00a0": " ",
    "\u202f": " ",
}  # fmt: skip


def clean(text: str) -> str:
    r"""Return the text as one line of printable characters. Show each other character as an escape, such as \x1b."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if _is_visible(character) else _escape(character) for character in text)


def _is_visible(character: str) -> bool:
    if character in _INVISIBLE or 0xE0100 <= ord(character) <= 0xE01EF:
        return False
    return character.isprintable() or unicodedata.category(character) == "Zs"  # spaces of any width


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # byte of a file name that is not valid in the encoding of the system
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def substitute(error: UnicodeError) -> tuple[str, int]:
    """Replace the characters that an encoding lacks, as an error handler of `codecs`: letters become `?`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(_ASCII.get(character, "?") for character in missing), error.end
