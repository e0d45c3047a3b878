"""Layout of the int32 state of the accelerometer-only mode: one slot number per name.

`B` marks signed values, which are stored with 2**29 added (`shared_state.ZERO`). A number before `B` or a colon counts
the slots. Times are in averaged samples (about 100 Hz), scores in 1/256 octave, unless a comment says otherwise.
"""

from micropython import const

# Samples, filled by _kernel_accel
POS = const(0)  # next sample in the buffer, in int16 units
COUNT = const(1)  # samples left in the buffer
RAW = const(2)  # index of the next raw sample
K = const(3)  # index of the next averaged sample: the time base of the ring
DECIM = const(4)  # raw samples per averaged one
PHASE = const(5)  # raw samples until the averaged one is complete
SUM = const(6)  # 3: raw sums of the current averaged sample, sign bits flipped
TOP = const(9)  # recent highest score, which fades: the landing of a runner
SHIFT = const(10)  # right shift of the product of MATRIX and SUM
CLIP_L = const(11)  # counts from which an axis is clipped
CLIP_M = const(12)  # squared distance above which the raw samples are checked for clipping
CLIP_K = const(13)  # 1 + last averaged index with a clipped sample
KEPT_END = const(14)  # length of the ring of raw samples, in int16 units
GRAV = const(15)  # 3 B: gravity in a stance, 1 g = 1024
STILL_N = const(18)  # samples that stayed near the first one
STILL_REF = const(19)  # 3 B: that first sample
STILL_SUM = const(22)  # 3 B

# Stance detection
WIN_N = const(25)  # length of the score's window
WIN_I = const(26)
WIN_SUM = const(27)
FLOOR = const(28)  # added to the window sum: sensor noise
SWING = const(29)  # 1 during the swing
OPEN = const(30)  # 1 + index of the last quiet instant of the stance that opened the current stride; 0 without one
LEAVE = const(31)  # index of the end of the stance
CAND = const(32)  # 1 + index at which the score fell below the threshold; 0 while it is above
LOW = const(33)  # lowest score of the current stance
LOW_K = const(34)  # index of LOW
QUIET_K = const(35)  # last index with a score near LOW
AREA = const(36)  # below the threshold in a swing, above it in a stance: 1/256 octave * steps of two samples
SWING_SUM = const(37)  # sum of the scores of the current swing
SWING_N = const(38)
MEAN = const(39)  # mean score of the swing, weighted with that of the previous swing
PRIOR = const(40)  # mean score of the previous swing times its weight
THRESHOLD = const(41)  # of the current stance
OFFSET = const(42)  # B: difference of this wearer's stances from STANCE_LOW
PERIOD = const(43)  # of the current gait
LATE_K = const(44)  # index after which the threshold rises
RISE = const(45)  # octaves per period by which it rises
TH_BASE = const(46)  # threshold at the mean score TH_KNEE
TH_KNEE = const(47)
TH_MIN = const(48)
SLOPE_UP = const(49)  # of the threshold above the knee, 1/256
SLOPE_DOWN = const(50)  # of the threshold below the knee, 1/256
SWING_FLOOR = const(51)  # lower scores count as this in the mean
AREA_WALK = const(52)  # AREA that a stance needs in walking
AREA_RUN = const(53)  # and in running
RUN_MEAN = const(54)  # mean score above which the gait is running
AREA_LEAVE = const(55)  # AREA that ends a stance
TOP_K = const(56)  # last index with a score near TOP
STILL_MAX = const(57)  # largest distance of a foot on the ground from STILL_REF, per axis
VALLEY = const(58)  # lowest score after TOP_K
START = const(59)  # out: START and END of the stride that a stance closes, at the middle of the score's window
END = const(60)
FIRST = const(61)  # 1: the contact before this stride is unknown
LENGTH_MIN = const(62)
LENGTH_MAX = const(63)
SWING_MIN = const(64)
REFRACTORY = const(65)  # share of the period before which no stride closes, 1/256
LATEST = const(66)  # largest age of the closing instant
LAG = const(67)  # half the score's window
DEFAULT_PERIOD = const(68)
CLOSED = const(69)  # 1 + last closing instant
LATE = const(70)  # share of the period after which the threshold rises, 1/256
STANCE_LOW = const(71)  # usual lowest score of a stance
STANCE_KNEE = const(72)  # mean score above which STANCE_LOW rises
STANCE_SLOPE = const(73)  # of that rise, 1/256
ADAPT_GAIN = const(74)  # 1/256
ADAPT_SHARE = const(75)  # 1/256
ADAPTED = const(76)  # B
KEPT_AT = const(77)  # place of the next raw sample in its ring
VALLEY_K = const(78)  # index of VALLEY
TOP_MIN = const(79)  # smallest TOP of a runner's landing
WIN = const(80)  # 16 squared distances
MATRIX = const(96)  # 9 B: sums of counts to the shoe frame, 1/1024 g

# Events and moments, filled by _accel_swing
RATE = const(105)  # averaged samples per second
MARGIN = const(106)  # samples of stance before START that the moments include
AHEAD = const(107)  # 3 B out: level part of the toe axis, Q14
ASIDE = const(110)  # 3 B out: level axis to the left of it, Q14
TOE_OFF = const(113)  # out
CONTACT = const(114)  # out
SPLIT = const(115)  # out: the smoothest instant between push-off and contact
CUT = const(116)  # 2 B out: first moment of the acceleration with impacts limited, 1/4096 g; forward, left positive
SLOPE = const(118)  # 2 B out: slope of the acceleration over the swing, 1/1024 g
TRAVEL = const(120)  # 2 B out: first moment without limit, times time squared: displacement, 1/1024 g s^2

# Decision, filled by _accel_judge
PEAK = const(122)  # out: largest magnitude at the contact, half counts
STEEPEST = const(123)  # out: its steepest rise, half counts per raw sample
WEIGHTS = const(124)  # 7 B: of the evidence for lateral, 1/256 octave
SLOW_MEAN = const(131)  # mean score of a slow walk
LONG = const(132)  # a stride after another needs no landing from this length
LIVELY = const(133)  # and from this mean score on
STAY = const(134)  # of 4096: probability that a stride has the direction of the previous one
FORGET_N = const(135)  # samples after which the previous stride has no weight
LAST_END = const(136)
BEFORE = const(137)  # 3: probability of forward, backward, lateral, of 4096
BEST = const(140)  # out: index of the largest of them
GAP_K = const(141)  # 1 + last index of a gap
UNVERIFIED = const(142)  # stride flag while the mount is unknown
HALF_UG = const(143)  # micro-g per half count
RAW_RATE = const(144)  # raw samples per second
LANDING = const(145)  # half counts: smallest peak of a landing
TRAVEL_MIN = const(146)  # 1/1024 g s^2: displacement from which a candidate is a stride
SURE_MOST = const(147)  # per mille: upper limit of the reported confidence
SURE_LEAST = const(148)  # per mille of the evidence below which the direction is unknown
SURE_BACKWARD = const(149)  # the same for backward
NUMBER = const(150)  # of the next stride
LAST_CONTACT = const(151)  # raw index
LOST = const(152)  # lost samples in addition to whole averaged ones: raw index = index * DECIM + LOST
BRIEF = const(153)  # a candidate below TRAVEL_MIN does not count if it is shorter than this
VIGOROUS = const(154)  # or has a larger mean score than this
RUNS = const(155)  # mean score above which a forward foot may land on heel or forefoot
WAVE = const(156)  # B out by _accel_swing: sine moment of the forward acceleration, impacts limited, 1/65536 g
INPUTS = const(157)  # 7 B: inputs of the units, 1/1024
UNITS = const(164)  # 4 times 9 B: weights of four moments, of three measures of the pace, constant; of the unit
BEAT_K = const(200)  # index of the last stance of a runner, or of the lowest score of any stance
BEAT = const(201)  # time between the last two of them
LEAVE_AREA = const(202)  # AREA that ends the current stance
LAND = const(203)  # out by _accel_swing: largest step of jerk after SPLIT, 12 times 1/1024 g per sample
KICK = const(204)  # out: largest jerk before SPLIT, in the same unit

# Signs of a step, filled by _accel_trust
ALIKE = const(205)  # strides alike before the current one
PACE = const(206)  # smoothed size of the moments: 16 times TRAVEL plus a 16th of WAVE
WALK_LENGTH = const(207)  # of the previous stride: its length,
WALK_END = const(208)  # its END
WALK_BEST = const(209)  # and its BEST
LIMIT = const(210)  # out: upper limit of the confidence, per mille
NOTES = const(211)  # out: stride flags
LENGTH = const(212)  # slots of the state

# Numbers that several modules share
PRIOR_N = const(4)  # weight of the previous swing in MEAN, in steps of two samples
EVEN = const(1365)  # a third of 4096: no direction is more probable
