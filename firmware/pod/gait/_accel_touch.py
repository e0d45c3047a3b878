"""The contact of a walk once more, when its direction is known.

One end of the foot may touch softly and the other come down hard up to 0.2 s later; softest of all backward.
"""

import micropython
from micropython import const

# Slots of sense() that are read here; a test holds what several files repeat equal.
MEAN = const(39)
START = const(59)
END = const(60)
CONTACT = const(114)
SPLIT = const(115)
BEST = const(140)
RUNS = const(155)


@micropython.viper
def touch(stride, scratch):
    """Moves CONTACT to the first step of jerk that is half as large as the largest, a quarter backward. A running foot
    shakes as much before it lands. scratch: the steps of jerk that events() left there."""
    s = ptr32(stride)
    jerk = ptr16(scratch)
    back = s[BEST]
    if back > 1 or s[MEAN] >= s[RUNS]:
        return
    i = s[SPLIT] - s[START] + 1
    k = i
    end = s[END] - s[START] - 2
    best = 0
    while k < end:
        if jerk[512 + k] > best:
            best = jerk[512 + k]
        k += 1
    best = best >> (1 + back)
    end = s[CONTACT] - s[START]
    while i < end:
        m = jerk[512 + i]
        if m > 0 and m >= best and m >= jerk[513 + i]:
            s[CONTACT] = s[START] + i
            return
        i += 1
