"""Every motion sensor of the schema is present in each of its places. CONTRIBUTING.md describes how to add one."""

import ast
import re
from pathlib import Path

import pytest

from retrowire import codec

pytestmark = pytest.mark.gate

# Files that name a part, and the entry to add. One file of a pattern is enough.
PLACES = {
    "tools/enum_doc.py": "describe it in ENUMS",
    "firmware/pod/storage/messages.py": "add its number to CHIPS",
    "protocol/retrowire/settingrows.py": "add it to the choices of the setting `chip`",
    "firmware/pod/sensors/find.py": "add it to a family, with address and identity",
    "firmware/pod/sensors/[!f]*.py": "add it to its driver",
    "host/retropod/virtual/board.py": "add address and sensitivities to CHIPS",
    "host/retropod/virtual/onpod/vpod/*.py": "add it to the KINDS of its chip model",
    "docs/hardware.md": "add it to the parts to buy and to the table of chips",
}


def _words(path: Path) -> set[str]:
    """Return the words of a document, or those in the string literals of a module."""
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        nodes = ast.walk(ast.parse(text))
        strings = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        return set(" ".join(strings).split())
    return {word.replace("-", "").lower() for word in re.findall(r"[\w-]+", text)}


def missing(root: Path, chip: str) -> list[str]:
    """Return a line for each place that does not name the chip."""
    return [
        f"{chip} is missing in {place}: {entry}"
        for place, entry in PLACES.items()
        if not any(chip in _words(path) for path in root.glob(place))
    ]


@pytest.mark.parametrize("chip", [name for name, _ in codec.enum("chip") if name != "none"])
def test_chip_is_in_every_place(chip: str, repo_root: Path) -> None:
    found = missing(repo_root, chip)
    assert not found, "\n".join(found)


def test_every_missing_place_is_named(repo_root: Path) -> None:
    assert [line.split()[4].rstrip(":") for line in missing(repo_root, "planted")] == list(PLACES)
