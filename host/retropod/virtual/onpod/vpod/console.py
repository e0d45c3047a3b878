"""The console as the ESP32 has it: `micropython.kbd_intr` decides whether byte 3 is data or an interrupt.

On the unix runtime that is a matter of the terminal: its flag ISIG is how the relay, which holds the other end, learns
it. The module `micropython` itself cannot be overridden from a path, so a stand-in takes its place in `sys.modules`.
"""

import sys
import termios

import micropython
from micropython import const

_LFLAG = const(3)  # index of the local flags in what tcgetattr returns
_ISIG_LINUX = const(0x01)
_ISIG_DARWIN = const(0x80)
_CTRL_C = const(3)


def kbd_intr(char: int) -> None:
    """As `micropython.kbd_intr`."""
    isig = _ISIG_DARWIN if sys.platform == "darwin" else _ISIG_LINUX
    attributes = termios.tcgetattr(0)
    attributes[_LFLAG] = (attributes[_LFLAG] & ~isig) | (isig if char == _CTRL_C else 0)
    if char == _CTRL_C:
        micropython.kbd_intr(char)  # first the handler, then the flag: a signal without handler ends the process
    termios.tcsetattr(0, termios.TCSANOW, attributes)
    if char != _CTRL_C:
        micropython.kbd_intr(char)


class _Module:
    pass


def install() -> None:
    """Put the stand-in for `micropython` in place; byte 3 interrupts, as after a reset."""
    module = _Module()
    for name in dir(micropython):
        if not name.startswith("__"):
            setattr(module, name, getattr(micropython, name))
    module.kbd_intr = kbd_intr
    module.alloc_emergency_exception_buf = lambda size: None
    sys.modules["micropython"] = module
    kbd_intr(_CTRL_C)
