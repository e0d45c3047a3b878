"""What a repair does to the files of a pod, over its REPL. Each of these runs on the pod; none of them asks."""

from collections.abc import Collection

from retropod.board.mpremote import ReplBoard
from retropod.board.slots import CLEAR

_REMOVE = """
import os
for path in {paths!r}:
    try:
        os.remove(path)
    except OSError:
        pass
"""
_SWEEP = (
    CLEAR
    + """
for name in os.listdir("/"):
    if name.endswith(".new"):
        os.remove("/" + name)
for slot in {slots!r}:
    clear("/" + slot)
"""
)
_SET_ASIDE = """
import os
try:
    os.rename("/settings.json", "/settings.json.bad")
except OSError:
    pass
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


def _do(board: ReplBoard, code: str) -> None:
    board.exec(code)


def remove(board: ReplBoard, paths: Collection[str]) -> None:
    """Remove files; those that are not there are no matter."""
    _do(board, _REMOVE.format(paths=list(paths)))


def sweep(board: ReplBoard, slots: Collection[str]) -> None:
    """Remove what an installation that was cut off leaves behind, and these slots."""
    _do(board, _SWEEP.format(slots=list(slots)))


def set_settings_aside(board: ReplBoard) -> None:
    """Keep the settings as settings.json.bad, which nothing reads."""
    _do(board, _SET_ASIDE)


def make_file_system(board: ReplBoard) -> None:
    """A new, empty file system on a board whose old one does not mount."""
    _do(board, _MAKE_FILE_SYSTEM)


def write_settings(board: ReplBoard, text: str) -> None:
    """Put a settings file in its place."""
    _do(board, _WRITE_SETTINGS.format(text=text))
