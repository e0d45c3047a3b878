"""The store, as commands open it."""

from pathlib import Path
from typing import TYPE_CHECKING

from retropod.cli import output
from retropod.wording import count

if TYPE_CHECKING:
    from retropod.runs.store import Store


def open_store(root: Path | None = None) -> "Store":
    """Return the store. Complete interrupted moves, and remove the access of other users to it, which is reported."""
    from retropod.runs import private, trash
    from retropod.runs.store import Store

    store = Store(root, output.print_note)
    if store.root.is_dir():
        if changed := private.restrict(store.root):
            files = count(changed, "file or folder", "files and folders")
            output.print_note(f"other users have no access any more to {files} in {store.root}")
        trash.settle(store)
    return store
