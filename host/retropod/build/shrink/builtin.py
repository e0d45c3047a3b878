"""Built-in names and attributes of MicroPython, read from builtin.txt (made by tools/builtin_names.py)."""

from pathlib import Path

NAMES = frozenset((Path(__file__).parent / "builtin.txt").read_text(encoding="ascii").split())
