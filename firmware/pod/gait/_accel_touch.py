"""The contact of a walk once more, when its direction is known.

One end of the foot may touch softly and the other come down hard up to 0.2 s later; softest of all backward.
"""

import micropython

from pod.gait import accel_state as A


@micropython.viper
def touch(stride, scratch):
    """Moves CONTACT to the first step of jerk that is half as large as the largest, a quarter backward. A running foot
    shakes as much before it lands. scratch: the steps of jerk that events() left there."""
    s = ptr32(stride)
    jerk = ptr16(scratch)
    back = s[A.BEST]
    if back > 1 or s[A.MEAN] >= s[A.RUNS]:
        return
    i = s[A.SPLIT] - s[A.START] + 1
    k = i
    end = s[A.END] - s[A.START] - 2
    best = 0
    while k < end:
        if jerk[512 + k] > best:
            best = jerk[512 + k]
        k += 1
    best = best >> (1 + back)
    end = s[A.CONTACT] - s[A.START]
    while i < end:
        m = jerk[512 + i]
        if m > 0 and m >= best and m >= jerk[513 + i]:
            s[A.CONTACT] = s[A.START] + i
            return
        i += 1
