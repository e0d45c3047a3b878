"""A context in which a pod's app is stopped. The board restarts at its end, also after an error."""

import contextlib
from collections.abc import Generator

from retropod.board.mpremote import PodError, ReplBoard
from retropod.errors import RetropodError

LOST_S = 90.0  # longer than the longest single piece of code: hashing an app of many files on an ESP32

# A program call takes 1.6 ms whatever its size, and littlefs makes calls of its cache's size, four times `readsize`:
# 128 bytes after a reset. Ref: virtual/onpod/vpod/costs.py. The values are those of firmware/flash.py. Other file
# systems are mounted unchanged.
_MOUNT_FAST = """
import os, vfs
from flashbdev import bdev
if bdev is not None:
    vfs.umount("/")
    try:
        fast = vfs.VfsLfs2(bdev, readsize=256, progsize=32, lookahead=64)
    except OSError:
        fast = bdev
    vfs.mount(fast, "/")
    os.chdir("/")
"""


class Stop:
    """A stopped app. Set `keeps_app` if the restart runs the app that was on the pod before."""

    def __init__(self) -> None:
        self.keeps_app = False


@contextlib.contextmanager
def stopped(board: ReplBoard) -> Generator[Stop]:
    """Stop the app for the block and restart the board at its end, also after an error or Ctrl-C.

    If the cable is pulled in the block, the board's watchdog restarts it after LOST_S. The message of a RetropodError
    from the block reports the restart. Raises the errors of ReplBoard.session.
    """
    with board.session():
        stop = Stop()
        try:
            board.restart_if_lost(LOST_S)
            _mount_fast(board)
            yield stop
        except BaseException as error:  # Ctrl-C too
            _after_error(board, error, stop)
            raise
        board.restart()


def _mount_fast(board: ReplBoard) -> None:
    with contextlib.suppress(PodError):  # another port of MicroPython: slower, or refused by `identify`
        board.exec(_MOUNT_FAST)


def _after_error(board: ReplBoard, error: BaseException, stop: Stop) -> None:
    started = "the old app" if stop.keeps_app else "the board"
    try:
        board.restart()
    except RetropodError:
        append(error, f"{started} restarts within {LOST_S:.0f} s if the pod has power")
    else:
        append(error, f"{started} was started again")


def append(error: BaseException, text: str) -> None:
    """Add a state of the board to the message of an error."""
    if isinstance(error, RetropodError):
        error.message = f"{error.message}; {text}"
        error.args = (error.message,)
    else:
        error.add_note(text)
