"""Axis check of health.py in viper: some hundred instructions for six axes instead of forty thousand."""

import micropython
from micropython import const

# Slots of the state: a head, then a row for each axis. Counts are biased by 32768: x86-64 misreads negative words.
SUSPECT = const(0)
CHANGED = const(1)  # 1 + the axis whose state has just changed, 0 if none has
LIMIT = const(2)  # full scale minus one
HEAD = const(3)
LAST = const(0)
CHANGE = const(1)
SAME = const(2)  # checks without a change while others moved
FULL = const(3)  # checks at full scale
BACK = const(4)  # checks at which a bad axis worked
STATE = const(5)
RESTLESS = const(6)  # a change that counts as movement
ROW = const(7)

GOOD = const(0)
STUCK = const(1)
SATURATED = const(2)

_SUSPECT_CHECKS = const(3)  # 60 ms of movement: do not decide the stride
_STUCK_CHECKS = const(6)
_SUSPECT_FULL_CHECKS = const(5)
_FULL_CHECKS = const(10)
_BACK_CHECKS = const(10)
_OTHERS = const(2)

_CHANGED = const(1)
_LIMIT = const(2)
_HEAD = const(3)
_CHANGE = const(1)
_SAME = const(2)
_FULL = const(3)
_BACK = const(4)
_STATE = const(5)
_RESTLESS = const(6)
_ROW = const(7)


@micropython.viper
def check(samples: ptr8, at: int, st: ptr32, axes: int):
    """Check the sample at byte `at`."""
    limit: int = st[_LIMIT]
    restless: int = 0
    row: int = _HEAD
    end: int = _HEAD + axes * _ROW
    while row < end:
        value: int = (samples[at] | samples[at + 1] << 8) ^ 0x8000
        at += 2
        change: int = value - st[row]
        if change < 0:
            change = 0 - change
        st[row] = value
        st[row + _CHANGE] = change
        if change >= st[row + _RESTLESS]:
            restless += 1
        if value >= 0x8000 + limit or value <= 0x8000 - limit:
            st[row + _FULL] += 1
        else:
            st[row + _FULL] = 0
        row += _ROW
    st[_CHANGED] = 0
    suspect: int = 0
    row = _HEAD
    axis: int = 0
    while row < end:
        axis += 1
        if st[row + _CHANGE] != 0:
            st[row + _SAME] = 0
        elif restless >= _OTHERS:
            st[row + _SAME] += 1
        next: int = st[row + _STATE]
        if next == GOOD:
            if st[row + _SAME] >= _STUCK_CHECKS:
                next = STUCK
            elif st[row + _FULL] >= _FULL_CHECKS:
                next = SATURATED
        else:
            if st[row + _CHANGE] != 0 and st[row + _FULL] == 0:
                st[row + _BACK] += 1
            else:
                st[row + _BACK] = 0
            if st[row + _BACK] >= _BACK_CHECKS:
                next = GOOD
        if next != st[row + _STATE] and st[_CHANGED] == 0:
            st[row + _STATE] = next
            st[row + _BACK] = 0
            st[_CHANGED] = axis
        if st[row + _STATE] != GOOD or st[row + _SAME] >= _SUSPECT_CHECKS or st[row + _FULL] >= _SUSPECT_FULL_CHECKS:
            suspect = 1
        row += _ROW
    st[0] = suspect
