"""The store, as commands open it."""

from pathlib import Path
from typing import TYPE_CHECKING

from retropod.cli import output

if TYPE_CHECKING:
    from retropod.runs.store import Store


def open_store(root: Path | None = None) -> "Store":
    """Return the store, which prints remarks about its index."""
    from retropod.runs.store import Store

    return Store(root, output.print_note)
