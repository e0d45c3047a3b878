"""Time across a reset: every ten seconds a note is written to the real-time clock's memory, which survives a reset.

rtcrestore.py restores the clock from it at the next boot.
"""

import binascii
from array import array

_EVERY_MS = 10_000


class RtcNote:
    """Writes the note."""

    def __init__(self, board, clock):
        self._board = board
        self._clock = clock
        self._wait_ms = 0

    def step(self, elapsed_ms: int) -> None:
        """Write the note if it is due."""
        self._wait_ms -= elapsed_ms
        if self._wait_ms <= 0:
            self._wait_ms = _EVERY_MS
            self.note()

    def note(self) -> None:
        """Write the note now, for example before a reset."""
        clock = self._clock
        board = self._board
        clock.update()
        rtc_s, rtc_us = board.rtc()
        s, ms = clock.epoch()
        known = 0 if s is None else 1 + clock.error_now_ms()
        uptime = (clock.boot, clock.uptime_s, clock.uptime_ms, clock.slept_s)
        note = bytes(array("I", uptime + (rtc_s, rtc_us, board.ticks_ms(), s or 0, ms or 0, known)))
        board.keep(note + bytes(array("I", (binascii.crc32(note),))))
