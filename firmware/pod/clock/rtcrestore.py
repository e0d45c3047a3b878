"""Restores uptime and wall time, with error bounds, from the note of the boot before.

A loss of power clears the memory with the note, or stops the real-time clock. Then nothing is restored.
"""

import binascii
from array import array

from pod.clock.clock import CARRIED

_BYTES = 44
_SOFT_MS = 3
# The real-time clock has its own oscillator with a tolerance of 5 %. After a reset that the program did not plan, its
# count covers all time since the boot before.
_SLACK = 20
_LONGEST_S = 1_000_000  # more than this: another program has set the real-time clock
_MOST_ERROR_MS = 1_000_000  # fits next to the milliseconds in an event; a larger bound is useless


def restore(board, before, clock) -> None:
    """Restore `clock`, a new Clock, from the note of the boot before. `before`: functions `kept` and `was_soft`."""
    note = before.kept()
    if len(note) != _BYTES or array("I", note[-4:])[0] != binascii.crc32(note[:-4]):
        return
    boot, s, ms, slept_s, rtc_s, rtc_us, ticks, epoch_s, epoch_ms, known, _ = array("I", note)
    clock.update()
    now_s, now_us = board.rtc()
    elapsed_s = now_s - rtc_s
    elapsed_ms = (now_us - rtc_us) // 1000
    slack_ms = (elapsed_s + s + 1) * 1000 // _SLACK
    if before.was_soft():
        ticks_ms = board.ticks_diff(board.ticks_ms(), ticks)
        if abs(ticks_ms // 1000 - elapsed_s) > elapsed_s // _SLACK + 1:
            return  # another reset happened in between
        elapsed_s = 0  # the ticks were not reset, and they are exact
        elapsed_ms = ticks_ms
        slack_ms = _SOFT_MS + ticks_ms // 10_000
    if boot != clock.boot - 1 or not 0 <= elapsed_s < _LONGEST_S:
        return
    uptime_slack_ms = slack_ms + slept_s * 1000 // _SLACK
    if uptime_slack_ms <= _MOST_ERROR_MS:
        clock.carry(s + elapsed_s, ms + elapsed_ms, uptime_slack_ms)
    if 0 < known <= _MOST_ERROR_MS - slack_ms:
        clock.set_epoch(epoch_s + elapsed_s, epoch_ms + elapsed_ms, known - 1 + slack_ms)
        clock.state = CARRIED
