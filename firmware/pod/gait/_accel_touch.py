"""Second search of the contact of a walk, after its direction is known.

One end of the foot may touch softly and the other hit up to 0.2 s later. The first touch is softest going backward.
"""

import micropython

from pod.gait import accel_state as A


@micropython.viper
def touch(stride, scratch):
    """Move CONTACT to the first step of jerk with half of the size of the largest, a quarter in a backward stride.

    Not for running, where the foot shakes as much before it lands. `scratch` has the steps of jerk from events().
    """
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
