"""Actions on the board behind a port, each with a port of its own."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from retropod.board.boardport import BoardPort
from retropod.board.mpremote import ReplBoard
from retropod.client import wire
from retropod.install import install, post_install, update

_HELLO_S = 60.0


@contextlib.contextmanager
def repl(url: str) -> Iterator[ReplBoard]:
    """Yield a board whose REPL can be used in the block."""
    with BoardPort(url) as port:
        yield ReplBoard(port)


def execute(url: str, code: str, restart: bool = False) -> str:
    """Run `code` on the board and return its output. `restart`: start the app again."""
    with repl(url) as board, board.session(fresh=restart):
        out = board.exec(code)
        if restart:
            board.restart()
        return out


def restart(url: str) -> None:
    """Restart the board."""
    with repl(url) as board:
        board.restart()


def install_app(url: str) -> install.Installed:
    """Install the app."""
    with BoardPort(url) as port:
        return install.install(port)


def update_app(url: str, **options: Any) -> update.Outcome:
    """Update the app. `options`: as update.update."""
    with BoardPort(url) as port:
        return update.update(port, **options)


def wait_for_hello(
    url: str, timeout_s: float = _HELLO_S, wanted: Callable[[wire.Message], bool] = lambda hello: True
) -> wire.Message:
    """Wait for the Hello of a pod that starts."""
    with BoardPort(url) as port:
        return post_install.wait_for_hello(port, timeout_s, wanted)
