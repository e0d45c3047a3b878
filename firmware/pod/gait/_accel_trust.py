"""Signs that a closed stride is a step at a pace at which people were recorded: a landing, strides alike, displacement.

A foot that no landing stops is on a pedal, on a footrest or in the air: its stride has no direction. A sign that is
only weak limits the confidence, as do the first strides of a walk. Strides alike follow each other, last nearly as
long and have the same direction.
"""

import micropython
from micropython import const

from pod.gait import accel_state as A
from pod.gait import stride as S
from pod.gait.shared_state import ZERO

_LAND_LEAST = const(1229)  # 0.1 g per sample: smallest landing of a step; the softest recorded one has 0.11 g
_LAND_SURE = const(4301)  # 0.35 g per sample: 1 in 100 recorded strides lands more softly
_KICKS = const(6)  # times the landing: largest jerk before the swing of a step
_KICKS_BACKWARD = const(2)  # of a runner: more if the stance is in the swing, which makes forward backward
_ALIKE = const(2)  # strides alike that must precede a confident one
_NEAR = const(36)  # 35 cm: displacement above which a vigorous stride is not a hop on the spot
_BANG = const(18)  # times LANDING, 25 g: peak of a jump
_CALM = const(704)  # 2.75 octaves below the mean score of a slow walk
_PACE_LEAST = const(400)  # smallest PACE of people who go forward or sideways; backward they have twice that
_PACE_BACKWARD = const(700)
_PACE_SURE = const(1150)  # of one recorded stride in twenty it is smaller
_PACE_SLAP = const(900)  # below it, only a backward step lands 2.25 times as hard as it pushes off
_CALM_SLAP = const(620)  # 2.4 octaves below the mean score of a slow walk: only slow backward steps are calmer
_HARD = const(22000)  # 1.8 g per sample: landing of a slow backward step
_WEAK = const(890)  # per mille: confidence with a weak sign
_NONE = const(500)


@micropython.viper
def trust(stride):
    """Set LIMIT, the upper limit of the confidence in per mille, and NOTES, stride flags.

    A stride with a limit of 500 has no direction. Neither has a single backward stride amid forward ones: such strides
    were turns, or the ground moved.
    """
    s = ptr32(stride)
    m = s[A.TRAVEL] - ZERO
    if m < 0:
        m = 0 - m
    x = s[A.TRAVEL + 1] - ZERO
    if x < 0:
        x = 0 - x
    way = x if x > m else m
    x = s[A.WAVE] - ZERO
    m = (way << 4) + ((x if x > 0 else 0 - x) >> 4)
    turned = 0
    n = s[A.END] - s[A.START]
    x = s[A.WALK_LENGTH] - n
    if s[A.FIRST] != 0 or s[A.START] - s[A.WALK_END] > s[A.RATE]:
        s[A.ALIKE] = 0
        s[A.PACE] = m
    else:
        s[A.PACE] += (m - s[A.PACE]) >> 2
        if s[A.BEST] == s[A.WALK_BEST] and 4 * (x if x > 0 else 0 - x) <= n:
            s[A.ALIKE] += 1
        else:
            s[A.ALIKE] = 0
            if s[A.BEST] == 1 and s[A.WALK_BEST] == 0:
                turned = 1
    s[A.WALK_LENGTH] = n
    s[A.WALK_BEST] = s[A.BEST]
    s[A.WALK_END] = s[A.END]
    m = s[A.SURE_MOST]
    if (
        s[A.ALIKE] < _ALIKE
        or s[A.LAND] < _LAND_SURE
        or s[A.PACE] < _PACE_SURE
        or s[A.MEAN] < s[A.SLOW_MEAN] - _CALM
        or (s[A.END] - s[A.CONTACT]) * 5 > s[A.RATE] * 3
        or (s[A.MEAN] > s[A.VIGOROUS] and way < _NEAR)
        or (s[A.MEAN] < s[A.RUNS] and s[A.PEAK] > _BANG * s[A.LANDING])
        or (s[A.BEST] == 1 and (s[A.END] - s[A.START]) * 5 > s[A.RATE] * 6)  # A slow forward stride looks like it.
    ):
        m = _WEAK
    x = 0
    n = _KICKS_BACKWARD if s[A.BEST] == 1 and s[A.MEAN] > s[A.RUNS] else _KICKS
    if turned != 0 or s[A.LAND] < _LAND_LEAST or s[A.KICK] > n * s[A.LAND]:
        m = _NONE
    else:
        n = s[A.SLOW_MEAN] - _CALM_SLAP - s[A.MEAN]  # above 0: calm
        hard = 4 * s[A.LAND] - 9 * s[A.KICK]
        if s[A.BEST] == 0:
            if hard > 0 and (
                (s[A.ALIKE] > 1 and s[A.PACE] < _PACE_SLAP)
                or (n > 0 and s[A.LAND] > _HARD and s[A.END] - s[A.START] > s[A.RATE])
            ):
                m = _NONE
        elif s[A.BEST] == 1 and (
            (hard <= 0 and s[A.ALIKE] > 1 and s[A.PACE] < _PACE_SLAP)
            or (n <= 0 and s[A.LAND] < _HARD and (s[A.CONTACT] - s[A.TOE_OFF]) * 20 > s[A.RATE] * 13)
        ):
            m = _NONE
        # PACE is the mean of three strides or more: the first ones are small.
        if s[A.ALIKE] > 1 and s[A.PACE] < (_PACE_BACKWARD if s[A.BEST] == 1 else _PACE_LEAST):
            m = _NONE
        if m == _NONE:
            x = S.FLAG_TOO_SLOW
    s[A.LIMIT] = m
    s[A.NOTES] = x
