"""Constants of the accelerometer-only mode. Times in s, levels in octaves of g^2 unless said otherwise.

"found": on the development recordings, by search; SLOPE_UP, AREA_RUN, RUN_MEAN, BRIEF_S and VIGOROUS also on
scenarios of the gait model. Each, marked or not, was then moved by a quarter either way, but for FLOOR_G2, LATEST_S,
the ranges, the weights and what is said of their result. No class of gait lost more than one stride in a hundred, no
direction more than one stride, and no stride appeared in standing, unless its line says otherwise. Turns on the spot
lose up to seven in a hundred.
"""

RANGE_G = 15.9  # of chips with counts of 2 mg and more
CLIP_NEAR = 0.3  # of the range: nearer to gravity than this, no sample of an average has met its end
CORE_RATE_MHZ = 104000  # stances and direction are found on averages of samples at about this rate

# -- score -----------------------------------------------------------------------------------------------------------
WINDOW_S = 0.067  # found; a running foot rests for about 0.08 s
FLOOR_G2 = 2e-4  # 14 mg: what sensors and soft ground hide
STILL_G = 0.08  # a foot on the ground keeps every axis this near for 0.15 s: found

# -- threshold between swing and stance ------------------------------------------------------------------------------
TH_BASE = -4.1  # at a mean score of TH_KNEE; found; a quarter lower costs joggers 3 strides in 100, patients 1
TH_KNEE = 1.35  # found: about where walking ends
TH_MIN = -6.4
SLOPE_UP = 1.1  # octaves of threshold per octave of mean score
SLOPE_DOWN = 0.29
SWING_FLOOR = -3.24  # lower scores in a swing count as this
LATE = 0.7  # share of the period after which the threshold rises
RISE = 6.4  # octaves per period
AREA_WALK = 0.09  # octaves * s below the threshold that make a stance
AREA_RUN = 0.01
RUN_MEAN = 2.2  # mean score of a running swing
AREA_LEAVE = 0.096  # octaves * s above the threshold that end one
STANCE_LOW = -9.5  # how still a walker's stance usually gets
STANCE_LOW_SLOPE = 1.5  # and how much less still per octave of mean score above 1
ADAPT_GAIN = 0.3  # per stride
ADAPT_SHARE = 0.47  # of the wearer's difference from STANCE_LOW that moves the threshold

# -- strides ---------------------------------------------------------------------------------------------------------
STRIDE_MIN_S = 0.28
STRIDE_MAX_S = 2.8
SWING_MIN_S = 0.16  # found
REFRACTORY = 0.36  # of the period; above 0.55 a change from walking to running is lost
PERIOD_S = 1.2  # of a gait not yet known
LATEST_S = 0.070  # the closing instant lies at most this and half a window before the decision
LANDING_UG = 1400000  # a landing is felt more than this; a quarter less lets one stride into 14 minutes of standing
TRAVEL_MIN = 13  # 1/1024 g s^2, 12 cm: who goes as far makes a stride; who does not has to land, and slow
BRIEF_S = 0.55
VIGOROUS = 0.5  # mean score
LONG_S = 0.85  # who has made one before needs no landing for another as long; a third less: one stride in standing
LIVELY = -3.75  # and has such a mean score: found on slowed recordings
STRIKE_RUNS = 1.5  # mean score
MARGIN_S = 0.115  # of stance that the moments take in

# -- direction -------------------------------------------------------------------------------------------------------
# Forward or backward is weighed by four units, each a saturating sum of four moments, three measures of the pace and a
# constant, less the same of the mirror image; then the unit's own weight. Of the inputs 1/256, of the evidence 1/256
# octave of odds. Fitted to the development recordings with every person and class weighted by the square root of its
# strides, weights kept small (ridge), evidence times 0.8; and to the same strides slowed down, quickened and made
# smaller, because people who walk at 0.5 m/s are rare there: tests/bench/tuning_accel.py.
UNITS = (
    -381, -286, -114, 0, -131, -167, -61, 251, -652,
    13, 605, 76, -145, 83, -73, -297, 21, 879,
    -200, 329, -202, -168, 175, 26, -188, 205, -825,
    -447, 64, 100, 471, 120, 101, 42, -513, -1146,
)  # fmt: skip
WEIGHTS_ASIDE = (-451, 171, 1558, 545, 1292, 734, -601)  # sizes of the first two; of the three aside; slopes; constant
SLOW_MEAN = 0.75  # mean score from which the pace is counted: about a slow walk's
STAY = 3482  # of 4096: probability that the next stride goes the way of the last; of 0.8 to 0.95 the one chosen
FORGET_S = 4  # after which the last stride says nothing any more
SURE_MOST = 998  # per mille: more was never shown
UNKNOWN_BELOW = 850  # per mille of the evidence: said as 950
UNKNOWN_BELOW_BACKWARD = 957  # a false backward is the costlier mistake
