"""Changes to the files of a pod over its REPL. They run without confirmation."""

from collections.abc import Collection

from retropod.board.mpremote import ReplBoard
from retropod.board.slots import DEFINE_CLEAR

_REMOVE = """
import os
for path in {paths!r}:
    try:
        os.remove(path)
    except OSError:
        pass
"""
_REMOVE_LEFTOVERS = (
    DEFINE_CLEAR
    + """
for name in os.listdir("/"):
    if name.endswith(".new"):
        os.remove("/" + name)
for slot in {slots!r}:
    clear("/" + slot)
"""
)
# The new settings are complete before the old ones go: a power cut leaves one of them, or none.
_SET_ASIDE = """
import os
text = {text!r}
if text:
    with open("/settings.json.new", "w") as f:
        f.write(text)
try:
    os.rename("/settings.json", "/settings.json.bad")
except OSError:
    pass
if text:
    os.rename("/settings.json.new", "/settings.json")
"""
_MAKE_FILE_SYSTEM = """
import vfs
from flashbdev import bdev
vfs.VfsLfs2.mkfs(bdev)
vfs.mount(vfs.VfsLfs2(bdev), "/")
"""
_WRITE_SETTINGS = """
with open("/settings.json", "w") as f:
    f.write({text!r})
"""


def remove(board: ReplBoard, paths: Collection[str]) -> None:
    """Remove files. Ignore missing ones."""
    board.exec(_REMOVE.format(paths=list(paths)))


def remove_leftovers(board: ReplBoard, slots: Collection[str]) -> None:
    """Remove the leftovers of an interrupted installation, and these slots."""
    board.exec(_REMOVE_LEFTOVERS.format(slots=list(slots)))


def set_settings_aside(board: ReplBoard, text: str) -> None:
    """Rename the settings to settings.json.bad, which the app ignores, and store `text` as settings if there is any."""
    board.exec(_SET_ASIDE.format(text=text))


def make_file_system(board: ReplBoard) -> None:
    """Create an empty file system on a board whose file system does not mount."""
    board.exec(_MAKE_FILE_SYSTEM)


def write_settings(board: ReplBoard, text: str) -> None:
    """Write the settings file."""
    board.exec(_WRITE_SETTINGS.format(text=text))
