"""Constants of the six-axis engine that do not come from a data sheet, with their origin.

"dev": the development recordings (two people walking, jogging, running, backward and sideways; one walking in a small
room; five walking, some of them patients). "between": the value is in the gap between the cases that it separates, so
the exact number has little effect. "model": decided on the gait model. Shares are per mille.

docs/reference_engine.py reads this file too.
"""

# -- rates and windows
RING_RATE_MHZ = 104000  # nearest multiple of the chip's period: 104 Hz is enough for direction, 52 Hz loses running
SCORE_ONE = 1475  # a stillness score of 1 = (1.5 rad/s)^2 or (3 m/s^2)^2, in kernel units: arithmetic, not tuned
WINDOW_S = 0.06  # stillness is averaged over this: half the flat part of a running stance (140 ms contact)
CONFIRM_S = 0.05  # a minimum counts after this time without a lower score: with WINDOW_S/2, 80 ms of the 120 allowed
LEVEL_S = 0.03  # half width of the mean that gives gravity around the stance: as WINDOW_S

# -- candidates for a stance
LEAK_DECADES_PER_S = 1.0  # of both envelopes of the score: after a stride of 2 s the last swing still has an effect
LOW_FLOOR = -1.5  # decades; a deeper rest does not lower the threshold: walking stances are at -1.8
# STANCE_MAX, decades. dev: stances of a running foot are at -1.0 (median) to 0.0, and up to 1.6 with a pod that
# vibrates on its strap.
STANCE_MAX = 1.8
# SWING_MIN, decades: 1.5 rad/s or 3 m/s^2 for a moment. Swings of walking at half its pace reach 0.3 to 0.5. A motion
# that closes no stride is not a swing.
SWING_MIN = 0.0
SAME = 0.3  # decades; prefer a later instant of the same stance if its score is this close: less drift

# -- true rest
REST = -1.2  # decades; only excludes moving feet; a bias up to 20 dps passes
REST_S = 0.5  # a stance of slow walking is shorter, or rolls by more than the 2 dps that the kernel allows

# -- whether a stride closes at a candidate
STRIDE_MIN_S = 0.35  # physiology: 170 strides a minute of one foot
STRIDE_MAX_S = 3.2  # slow patients and older people take 1.5 to 2.5 s; the ring holds 4.6
# CLOSE_SHARE: unexplained share of the peak speed. dev: true closings 30 (median), 340 (99th percentile), quiet
# instants of the swing 600 and more: between. Tilt: true closings 350 (99th percentile), swing 600 (median).
CLOSE_SHARE = 500
CLOSE_TILT_MRAD = 400
DRIFT_SHARE = 300  # the same for a tilt that only a drifting gyroscope explains (bias of 20 dps not yet learned)
DRIFT_TILT_MRAD = 700
SHALLOW = 1.0  # decades above the opening: such an instant may be a pause of the swing on stairs (model)
SHALLOW_SHARE = 400  # so it must close better
REOPEN = 0.5  # decades below the opening: the opening was in a swing. Also the limit for "as still as the opening".
# IMPACT_MIN, decades: between swings with pauses (dev at half its pace: up to 1.6) and jumps (model: from 2.6)
IMPACT_MIN = 2.1
ALIKE_SHARE = 800  # limits for an instant as still as the opening; dev: 0 of 260 pauses of a swing pass
ALIKE_TILT_MRAD = 800
# RESTLESS, for stances above SWING_MIN and turns above SWING_FAST. In-sample: one runner, whose pod rattles (1.5 g in
# stance) and clips. 31 of this runner's 101 true closings leave a residual above ALIKE_SHARE, up to 1110. No other
# person's stride needs this.
RESTLESS_TILT_MRAD = 300
RESTLESS_SHARE = 1400
ALT_SHARE = 300  # the second opening must close well: it contradicts the first
ALT_TILT_MRAD = 400
SLOW_MM_S = 600  # smallest reference of the shares: below it drift is as large as the motion

# -- share of gravity in the acceleration of a stance; the integrated attitude supplies the rest
STILL = -1.0  # decades; up to here all gravity. Walking stances are deeper (dev), so this concerns running
TRUST_PER_DECADE = 0.4  # a score of 1 lets |a| differ from g by a third: the error of the attitude after some strides
# TRUST_LEAST: found on dev at 1.15 to 1.33 times its speed; 0.5 and 0.2 give the same result. An unlearned bias of 10
# dps adds 7 degrees per running stride, and 0.3 keeps the sum below 25.
TRUST_LEAST = 0.3

# -- gait or another motion
# Of the fastest turn in a stride, a standing foot turns at most 0.22 (dev and running; largest by person 0.04 to 0.22,
# 0.21 or 0.22 with any one person left out). A foot in a false stance turns at 0.34 or more: 31 strides of one runner,
# so this side is in-sample. The kernel uses a quarter.
# SWING_TURN, rad/s: smallest by person 2.3 to 9.5. Trains, cars and scooters give up to 1.8 (model).
SWING_TURN = 1.5
SWING_FAST = 7.5  # rad/s; smallest of runners by person 7.9, of cycling 6.4 (model, largest range)
# LIVELY, decades: twice the square of the turn, relative to SWING_TURN, less the score of the more restless stance,
# less 2 per radian of tilt. Weights and limit: logistic regression, people against motions of tests/bench below
# SWING_FAST (637 strides of 60 seeds, up to 1.87). 417 strides of people (dev): 2.20 or more. Smallest by person 2.20
# to 4.4; half way to the motions is 2.03 to 2.07 with any one person left out. At half their pace 2 % are below.
# Do not lower it for slow walkers: at 2.00, one ride of 141 other seeds gives a confident backward stride.
LIVELY = 2.05
LIVELY_PER_MRAD = 27  # 1/4096 octave

# -- size of a stride
STRIDE_MIN_MM = 200  # an eighth of a step; a shorter one has no reliable direction. Standing (dev) gives no stride
PIVOT_CDEG = 4500  # a shorter step counts if the foot turns this much
TURNING_CDEG = 6000  # a step back that turns more is a turn. dev: backward strides turn 4 degrees (median), 57 (99th)

# -- direction and confidence
# BORDER: 50 degrees from the toe axis. This is half way between straight and sideways, plus 5 degrees, because toeing
# out is more common than crossing side-steps.
BORDER_COS = 640
BORDER_SIN = 768
# SIDE: 55 degrees. Between the borders the stride is unknown: it may be a diagonal step of a wearer who toes out with a
# misaligned pod. Side-steps are at 75 to 105 degrees (dev).
SIDE_COS = 574
SIDE_SIN = 819
ERROR_MM = 40  # error of a displacement, optical truth (dev): 22 mm median
ERROR_HEADING = 80  # per mille of the length: 5 degrees of mount yaw or toeing out
ERROR_TILT = 245  # 0.3 of the effect of a steady drift to that tilt: g * tilt * T^2 / 12
ERROR_SPEED = 100  # per mille of residual speed * T: a fifth of the effect of a step error in mid-stride
ERROR_TURN = 200  # per mille of length * sin(yaw / 2), twice that for lateral
# CONFIDENCE: logistic of 3.2 * margin / error, in steps of 1/4. The slope was fitted on dev, leaving out one person at
# a time: 3.0 to 3.9. Upper limit: 0 of 2,066 strides (dev) were wrong, so at most 1 in 690 is (95 %). Of the same
# strides on other shoes, mounts and at other paces, 3 of 72,594 were wrong.
CONFIDENCE = (500, 690, 832, 917, 961, 982, 992, 998)
DECIDE = 800  # below it the stride is unknown
AXIS_MAX_MRAD = 260  # 15 degrees: limit for toeing out (5 to 15 degrees) and a misaligned mount
AXIS_SURE = 950  # smallest confidence of a stride that updates the axis
AXIS_TURN_CDEG = 3000
FASTEST_MM_S = 5000  # backward or sideways; people run 1.6 to 3.5 m/s backward. The model's sprint gave up to 7 m/s
UNSURE = 500  # largest confidence if a precondition fails

# -- flags
TILT_OPEN_MRAD = 350
TILT_OPEN_UNBIASED_MRAD = 600  # before the first rest of the gyroscope
JOINED_MS = 900  # of a stride with a stance above SWING_MIN: a runner takes 67 strides a minute or more with each foot
# RISE_DRIFT: a larger residual speed * T leaves the rise unknown, because a step error in mid-stride gives a quarter of
# it. dev, level ground: 35 of 267 running strides rise by more than 0.4 m, 2 of the 129 below the limit.
RISE_DRIFT_MM = 500

# -- events
JERK_S = 0.01  # jerk is a difference over this: one ring sample
# ONSET: contact is the first jerk with this share of the largest, at most this long before it. dev manual events:
# shares of 0.3 to 0.5 give a median error of 0. The forefoot slaps down up to 0.2 s after the heel.
ONSET_SHARE = 0.4
ONSET_BACK_S = 0.2
# SOFT_ONSET, for backward: the forefoot lands softly or brushes the ground, and the heel hits up to 0.2 s later. dev,
# against a kinematic truth: with 0.12 s, contact was the heel's impact in one stride of three. The share is of the
# change of the jerk: on dev, errors above 30 ms fall from 8 to 6 % of backward strides (in-sample).
SOFT_ONSET_SHARE = 0.12
SOFT_ONSET_BACK_S = 0.25
# QUICK_S: a shorter stride is running (dev: 0.74 and more between stances of backward walking). Its largest jerk
# follows the contact within an eighth of the stride: before that, its swing shakes (model). Backward, it gets 5/3 of
# the share.
QUICK_S = 0.74
SWING_LEAST_S = 0.12  # a step of a few centimetres: lower limit of the swing, for a failed search
PEAK_BEFORE_S = 0.01
PEAK_AFTER_S = 0.06  # impact peaks come within 50 ms of contact
HEEL_CDEG = 800  # Altmann & Davis 2012: a foot strike angle above 8 degrees is a rearfoot strike
HEEL_SOFT_CDEG = 400  # confidence half way to its limit of 0.92, the published accuracy of two classes
SENSOR_HEIGHT_MM = 60  # a pod on the laces, over the ground about which a still foot slowly rolls
