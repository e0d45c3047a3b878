"""Removes the marks of the virtual pod from the pod's output and follows the state of its REPL."""

import secrets

_RAW_BANNER = b"raw REPL; CTRL-B to exit\r\n>"
_FRIENDLY_BANNER = b'Type "help()" for more information.'
_MEMORY_BYTES = 64


class Screen:
    """Follows the output of one child after the other.

    The child writes `mark` right before its REPL begins. After a soft reset from the raw REPL a board starts in the raw
    REPL, and the unix runtime in the friendly one. So the relay types Ctrl-A and hides the output between the mark and
    the raw banner.
    """

    def __init__(self) -> None:
        self.mark = b""
        self.raw_repl = False
        self._in_repl = False
        self._hiding = False
        self._held = b""
        self._recent = b""

    def new_child(self, raw_repl: bool) -> None:
        """Prepare for a new child. raw_repl: it must start in the raw REPL."""
        self.mark = b"\x1b[vpod " + secrets.token_hex(8).encode() + b"]"
        self.raw_repl = raw_repl
        self._in_repl = self._hiding = False
        self._held = self._recent = b""

    @property
    def coming_up_raw(self) -> bool:
        """True until the raw REPL of a child has started. Input of the host waits for it."""
        return self.raw_repl and (self._hiding or not self._in_repl)

    def pass_on(self, data: bytes) -> bytes:
        """Return the part of `data` that goes to the host."""
        if not data:
            return b""
        if not self._in_repl:
            return self._before_repl(data)
        if self._hiding:
            return self._until_raw(data)
        self._follow(data)
        return data

    def _before_repl(self, data: bytes) -> bytes:
        data = self._held + data
        at = data.find(self.mark)
        if at >= 0:
            self._in_repl, self._held = True, b""
            self._hiding = self.raw_repl
            return data[:at] + self.pass_on(data[at + len(self.mark) :])
        keep = self._unfinished(data)
        self._held = data[len(data) - keep :]
        return data[: len(data) - keep]

    def _unfinished(self, data: bytes) -> int:
        """Length of the longest end of `data` that could be the beginning of the mark."""
        for size in range(min(len(self.mark) - 1, len(data)), 0, -1):
            if self.mark.startswith(data[-size:]):
                return size
        return 0

    def _until_raw(self, data: bytes) -> bytes:
        self._held += data
        at = self._held.find(_RAW_BANNER)
        if at < 0:
            return b""
        shown, self._held, self._hiding = self._held[at:], b"", False
        return shown

    def _follow(self, data: bytes) -> None:
        recent = self._recent + data
        raw, friendly = recent.rfind(_RAW_BANNER), recent.rfind(_FRIENDLY_BANNER)
        if raw != friendly:
            self.raw_repl = raw > friendly
        self._recent = recent[-_MEMORY_BYTES:]
