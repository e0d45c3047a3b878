"""FIFO words of the LSM6DS family to samples, in viper: about forty instructions per word and no allocation."""

import micropython
from micropython import const

# Slots of the state.
AT = const(0)  # next word of the burst
HAVE = const(1)  # halves of the current sample: 1 acceleration, 2 rate
SLOT = const(2)  # time slot of these halves, 0..3
LAST = const(3)  # 4 + time slot of the last whole sample, or 0: 64-bit viper loads a negative word as a large one
LOST = const(4)  # samples lost before the next returned one
BLIND = const(5)  # 1: after lost or damaged words, the same slot may be four slots later
BAD = const(6)  # words with a wrong parity
STRANGE = const(7)  # words with an unknown tag
LENGTH = const(8)

_WORD = const(7)
_TAG_GYRO = const(1)
_TAG_ACCEL = const(2)


@micropython.viper
def unpack(raw: ptr8, words: int, half: ptr8, out: ptr8, room: int, state: ptr32) -> int:
    """Assemble samples from `raw`, from word `state[AT]` to its end, a full `out` or missing samples.

    `half`: 12 bytes for an unfinished sample between calls. Returns the number of consecutive samples in `out`.
    """
    at: int = state[AT]
    count: int = 0
    while at < words and count < room:
        p: int = at * _WORD
        tag: int = raw[p]
        # even parity over the whole tag byte
        parity: int = tag ^ (tag >> 4)
        parity = parity ^ (parity >> 2)
        parity = parity ^ (parity >> 1)
        if parity & 1:
            state[BAD] = state[BAD] + 1
            state[BLIND] = 1
            at += 1
            continue
        sensor: int = tag >> 3
        slot: int = (tag >> 1) & 3
        bit: int = 0
        to: int = 0
        if sensor == _TAG_GYRO:
            bit = 2
            to = 6
        elif sensor == _TAG_ACCEL:
            bit = 1
        else:
            state[STRANGE] = state[STRANGE] + 1
            at += 1
            continue
        have: int = state[HAVE]
        if have != 0 and (slot != state[SLOT] or (have & bit) != 0):
            have = 0  # The other half is lost, so the sample is lost.
            state[BLIND] = 1
        i: int = 0
        while i < 6:
            half[to + i] = raw[p + 1 + i]
            i += 1
        state[SLOT] = slot
        have = have | bit
        if have != 3:
            state[HAVE] = have
            at += 1
            continue
        jump: int = 0
        if state[LAST]:
            jump = (slot - state[LAST] - 1) & 3
            if jump == 3 and state[BLIND] == 0:
                jump = 0
        if jump and count:
            state[HAVE] = have ^ bit  # Return the samples before the gap first. The next call reads this word again.
            break
        state[LOST] = state[LOST] + jump
        to = count * 12
        i = 0
        while i < 12:
            out[to + i] = half[i]
            i += 1
        count += 1
        state[HAVE] = 0
        state[LAST] = 4 + slot
        state[BLIND] = 0
        at += 1
    state[AT] = at
    return count
