"""Time across a reset: every ten seconds a note goes into the real-time clock's memory, which a reset leaves alone.

The next start reads where the uptime of the boot before stood and what time it was, with a bound for both errors.
Nothing is carried over a loss of power: that memory is gone then.
"""

import binascii
import struct

from pod.clock import CARRIED

_EVERY_MS = 10_000
_FORM = "<IIHIIIIHiI"  # boot, uptime s ms, real-time clock s us, ticks, wall time s ms, its error in ms or -1, s slept
_BYTES = 36
_SOFT_MS = 3
# The real-time clock has an oscillator of its own, good to 5 %. A reset that the program did not plan makes it fall
# back to its own count of all that has passed since the start before.
_SLACK = 20
_LONGEST_S = 1_000_000  # more, and somebody has set the real-time clock
_MOST_ERROR_MS = 1_000_000  # what fits beside the milliseconds in an event; more is no knowledge


class Carry:
    """Keeps the note up to date. To be made right after the clock, which is told what the boot before has left."""

    def __init__(self, board, clock):
        self._board = board
        self._clock = clock
        self._wait_ms = 0
        note = board.kept()
        if len(note) == _BYTES + 4 and note[_BYTES:] == _check(note[:_BYTES]):
            self._take(struct.unpack(_FORM, note[:_BYTES]))

    def step(self, elapsed_ms: int) -> None:
        """Write the note when it is time."""
        self._wait_ms -= elapsed_ms
        if self._wait_ms <= 0:
            self._wait_ms = _EVERY_MS
            self.note()

    def note(self) -> None:
        """Write it now: a reset is near."""
        clock = self._clock
        board = self._board
        clock.update()
        rtc_s, rtc_us = board.rtc()
        s, ms = clock.epoch()
        error_ms = -1 if s is None else clock.error_now_ms()
        note = struct.pack(
            _FORM,
            clock.boot,
            clock.uptime_s,
            clock.uptime_ms,
            rtc_s,
            rtc_us,
            board.ticks_ms(),
            s or 0,
            ms or 0,
            error_ms,
            clock.slept_s,
        )
        board.keep(note + _check(note))

    def _take(self, values: tuple) -> None:
        boot, s, ms, rtc_s, rtc_us, ticks, epoch_s, epoch_ms, error_ms, slept_s = values
        board = self._board
        clock = self._clock
        clock.update()
        now_s, now_us = board.rtc()
        elapsed_s = now_s - rtc_s
        elapsed_ms = (now_us - rtc_us) // 1000
        slack_ms = (elapsed_s + s + 1) * 1000 // _SLACK
        if board.was_soft():
            ticks_ms = board.ticks_diff(board.ticks_ms(), ticks)
            if abs(ticks_ms // 1000 - elapsed_s) > elapsed_s // _SLACK + 1:
                return  # there was another reset in between
            elapsed_s = 0  # the ticks have gone on, and they are exact
            elapsed_ms = ticks_ms
            slack_ms = _SOFT_MS + ticks_ms // 10_000
        if boot != clock.boot - 1 or not 0 <= elapsed_s < _LONGEST_S:
            return
        uptime_slack_ms = slack_ms + slept_s * 1000 // _SLACK
        if uptime_slack_ms <= _MOST_ERROR_MS:
            clock.carry(s + elapsed_s, ms + elapsed_ms, uptime_slack_ms)
        if 0 <= error_ms <= _MOST_ERROR_MS - slack_ms:
            clock.set_epoch(epoch_s + elapsed_s, epoch_ms + elapsed_ms, error_ms + slack_ms)
            clock.state = CARRIED


def _check(data: bytes) -> bytes:
    return struct.pack("<I", binascii.crc32(data))
