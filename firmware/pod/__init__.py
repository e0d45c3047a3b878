"""The app of the pod: its version, the board that MicroPython was built for, and the exception of every package."""

import sys

VERSION = (0, 1, 0)
MACHINE = getattr(sys.implementation, "_machine", "")


class Refused(Exception):
    """A request that cannot be fulfilled; `code` is a number of the schema's `error` enum."""

    def __init__(self, code: int, text: str = "", detail: int = 0):
        super().__init__(text)
        self.code = code
        self.detail = detail
