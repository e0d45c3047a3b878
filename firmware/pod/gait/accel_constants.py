"""Constants of the accelerometer-only mode. Times in s, levels in octaves of g^2 unless a comment differs.

"found" means found by search on the development recordings. SLOPE_UP, AREA_RUN, RUN_MEAN, BRIEF_S and VIGOROUS were
also searched on scenarios of the gait model. Each constant was then moved by a quarter in both directions, except
FLOOR_G2, LATEST_S, the ranges, the weights and the limits of the confidence. No class of gait lost more than one stride
in a hundred, no direction lost more than one stride, and standing gave no stride, unless the comment differs. Turns on
the spot lose up to seven in a hundred.
"""

RANGE_G = 15.9  # of chips with counts of 2 mg and more
CLIP_NEAR = 0.3  # of the range: closer to gravity, no sample of an average is clipped
CORE_RATE_MHZ = 104000  # stances and direction are found on averages of samples at about this rate

# -- score -----------------------------------------------------------------------------------------------------------
WINDOW_S = 0.067  # found; a running foot rests for about 0.08 s
FLOOR_G2 = 2e-4  # 14 mg: noise of sensors and soft ground
STILL_G = 0.08  # largest change per axis of a foot on the ground within 0.15 s: found

# -- threshold between swing and stance ------------------------------------------------------------------------------
TH_BASE = -4.1  # at a mean score of TH_KNEE; found; a quarter lower costs joggers 3 strides in 100, patients 1
TH_KNEE = 1.35  # found: about where walking ends
TH_MIN = -6.4
SLOPE_UP = 1.1  # octaves of threshold per octave of mean score
SLOPE_DOWN = 0.29
SWING_FLOOR = -3.24  # lower scores in a swing count as this
LATE = 0.7  # share of the period after which the threshold rises
TOP_MIN = 3.35  # landing of a runner: found on seven runners
RISE = 6.4  # octaves per period
AREA_WALK = 0.09  # octaves * s below the threshold that begin a stance
AREA_RUN = 0.01
RUN_MEAN = 2.2  # mean score of a running swing
AREA_LEAVE = 0.096  # octaves * s above the threshold that end one
STANCE_LOW = -9.5  # usual lowest score of a walker's stance
STANCE_LOW_SLOPE = 1.5  # increase of STANCE_LOW per octave of mean score above 1
ADAPT_GAIN = 0.3  # per stride
ADAPT_SHARE = 0.47  # share of the wearer's difference from STANCE_LOW that moves the threshold

# -- strides ---------------------------------------------------------------------------------------------------------
STRIDE_MIN_S = 0.28
STRIDE_MAX_S = 2.8
SWING_MIN_S = 0.16  # found
REFRACTORY = 0.36  # of the period; above 0.55 a change from walking to running is lost
PERIOD_S = 1.2  # default for an unknown gait
LATEST_S = 0.070  # largest distance of the closing instant before the decision, without half a window
LANDING_UG = 1400000  # smallest peak of a landing; a quarter less gives one stride in 14 minutes of standing
TRAVEL_MIN = 13  # 1/1024 g s^2, 12 cm: displacement of a stride; a shorter one needs a landing and a slow swing
BRIEF_S = 0.55  # shortest stride below TRAVEL_MIN
VIGOROUS = 0.5  # largest mean score of a stride below TRAVEL_MIN
LONG_S = 0.85  # a stride after another needs no landing from this length; a third less: one stride in standing
LIVELY = -3.75  # and from this mean score on: found on slowed recordings
STRIKE_RUNS = 1.5  # mean score above which the strike of a forward foot is unknown
MARGIN_S = 0.115  # part of the stance before START in the moments

# -- direction -------------------------------------------------------------------------------------------------------
# Four units weigh forward against backward. Each is a saturating sum of four moments, three measures of the pace and a
# constant, minus the same sum of the mirror image, times the weight of the unit (last column). Units: 1/256 for the
# inputs, 1/256 octave of odds for the evidence. Fitted to the development recordings, with each person and class
# weighted by the square root of its strides, ridge regularisation and evidence times 0.8. Also fitted to the same
# strides slowed down, sped up and made smaller, because walks at 0.5 m/s are rare there: tests/bench/tuning_accel.py.
UNITS = (
    -381, -286, -114, 0, -131, -167, -61, 251, -652,
    13, 605, 76, -145, 83, -73, -297, 21, 879,
    -200, 329, -202, -168, 175, 26, -188, 205, -825,
    -447, 64, 100, 471, 120, 101, 42, -513, -1146,
)  # fmt: skip
WEIGHTS_ASIDE = (-451, 171, 1558, 545, 1292, 734, -601)  # sizes of the first two; of the three aside; slopes; constant
SLOW_MEAN = 0.75  # zero of the pace: about the mean score of a slow walk
STAY = 3482  # of 4096: probability that a stride has the direction of the previous one; chosen from 0.8 to 0.95
FORGET_S = 4  # age at which the previous stride has no weight
SURE_MOST = 998  # per mille: upper limit of the confidence; the recordings support no more
UNKNOWN_BELOW = 850  # per mille of the evidence: reported as 950
UNKNOWN_BELOW_BACKWARD = 957  # higher, because a false backward is the worse error
