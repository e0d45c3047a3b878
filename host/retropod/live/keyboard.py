"""Single keys from the terminal, without Enter. The terminal gets its mode back in any case."""

import os
import select
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress


@contextmanager
def keyboard() -> Generator[Callable[[], str]]:
    """Yield a function that returns the keys pressed since its last call, empty without a terminal.

    Ctrl-C still interrupts. A job in the background reads no key: reading would stop it.
    """
    try:
        import termios
        import tty
    except ImportError:  # Windows
        yield lambda: ""
        return
    if not _in_foreground():
        yield lambda: ""
        return
    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    try:
        tty.setcbreak(number)
        yield lambda: _pressed(number)
    finally:
        with suppress(termios.error):  # The terminal was closed.
            termios.tcsetattr(number, termios.TCSADRAIN, before)


def _in_foreground() -> bool:
    try:
        return sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError, AttributeError):  # closed, or not a real file
        return False


def _pressed(number: int) -> str:
    if not select.select([number], [], [], 0.0)[0]:
        return ""
    try:
        return os.read(number, 64).decode("ascii", "ignore")
    except OSError:
        return ""
