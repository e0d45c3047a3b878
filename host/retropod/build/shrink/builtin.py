"""Every name that MicroPython has behind a dot or built in: in builtin.txt, made by tests/builtin_names.py."""

from pathlib import Path

NAMES = frozenset((Path(__file__).parent / "builtin.txt").read_text(encoding="ascii").split())
