"""Every constant of the six-axis engine that is no data sheet's, with how it was found.

"dev" is the development recordings (two people walking, jogging, running, backward and sideways; one walking in a small
room; five walking, some of them patients). "between" means that the value lies in the empty space between what it has
to part there, so that the exact number does not matter; "model" that the gait model decided. Shares are per mille.
"""

# -- rates and windows
RING_RATE_MHZ = 104000  # nearest multiple of the chip's period: 104 Hz is enough for direction, 52 Hz loses running
SCORE_ONE = 1475  # a stillness score of 1 = (1.5 rad/s)^2 or (3 m/s^2)^2, in kernel units: arithmetic, not tuned
WINDOW_S = 0.06  # stillness is averaged over this: half the flat part of a running stance (140 ms contact)
CONFIRM_S = 0.05  # a minimum counts when nothing lower came for this long: with WINDOW_S/2, 80 ms of the 120 allowed
LEVEL_S = 0.03  # gravity is the mean acceleration this far around the stance: as WINDOW_S

# -- what may be a stance
LEAK_DECADES_PER_S = 1.0  # of both envelopes of the score: a stride of 2 s still sees the last swing
LOW_FLOOR = -1.5  # decades; rest deeper than this does not make the threshold stricter: walking stances are at -1.8
STANCE_MAX = 1.8  # decades; dev: stances of a running foot are at -1.0 (median) to 0.0, of one with a pod that rings on
SWING_MIN = 0.0  # its strap up to 1.6. A swing: 1.5 rad/s or 3 m/s^2 for a moment; the swings of walking slowed to half
# its pace reach 0.3 to 0.5; what closes no stride is none
SAME = 0.3  # decades; a later instant of the same stance is taken when it is hardly less still: drift is shorter

# -- true rest
REST = -1.2  # decades; only keeps the search off moving feet; bias up to 20 dps passes
REST_S = 0.5  # a stance of slow walking is shorter, or rolls by more than the 2 dps that the kernel allows

# -- does the stride close here
STRIDE_MIN_S = 0.35  # physiology: 170 strides a minute of one foot
STRIDE_MAX_S = 3.2  # slow patients and older people take 1.5 to 2.5 s; the ring holds 4.6
CLOSE_SHARE = 500  # of the peak speed left unexplained; dev: true closings 30 (median), 340 (99th percentile),
CLOSE_TILT_MRAD = 400  # quiet instants of the swing 600 and more: between. Tilt: true 350 (99th), swing 600 (median)
DRIFT_SHARE = 300  # the same for a tilt that only a drifting gyroscope explains (bias of 20 dps not yet learned)
DRIFT_TILT_MRAD = 700
SHALLOW = 1.0  # decades less still than the opening: such an instant may be a pause of the swing on stairs (model) ...
SHALLOW_SHARE = 400  # ... so that it must close better
REOPEN = 0.5  # decades; a stance that much stiller than the opening: the opening was in a swing. Also "as still as".
IMPACT_MIN = (
    2.1  # decades; between swings that pause (dev slowed to half its pace: up to 1.6) and jumps (model: from 2.6)
)
ALIKE_SHARE = 800  # an instant as still as the opening closes even a bad stride; dev: none of 260 pauses of a swing is
ALIKE_TILT_MRAD = 800
ALT_SHARE = 300  # the second opening must close well: it contradicts the first
ALT_TILT_MRAD = 400
SLOW_MM_S = 600  # shares are of at least this speed: below it drift is as large as the motion

# -- how far the acceleration of a stance is gravity; the attitude that the gyroscope carried makes up the rest
STILL = -1.0  # decades; up to here whole. Walking stances are deeper (dev), so that it concerns running
TRUST_PER_DECADE = 0.4  # a score of 1 lets |a| differ from g by a third: as far off as the attitude after some strides
TRUST_LEAST = 0.3  # found on dev made 1.15 to 1.33 times as quick; 0.5 and 0.2 do as well. A bias of 10 dps that nobody
# learned adds 7 degrees a stride of running, and 0.3 keep it below 25

# -- what is a stride
STRIDE_MIN_MM = 200  # below it a direction says little: an eighth of a step; standing (dev) gives none at all
PIVOT_CDEG = 4500  # a shorter step counts when the foot turned this much
TURNING_CDEG = 6000  # a step back that turns more is a turn: dev: backward strides turn 4 degrees (median), 57 (99th)

# -- direction and confidence
BORDER_COS = 640  # 50 degrees from the toe axis: half way between straight and sideways, 5 to the side of straight
BORDER_SIN = 768  # because walking with the toes out is more common than side-steps that cross
SIDE_COS = 574  # 55 degrees: what lies between may be a diagonal step of someone who toes out with a crooked pod, and
SIDE_SIN = 819  # is left undecided; side-steps lie at 75 to 105 degrees (dev)
ERROR_MM = 40  # error of a displacement, optical truth (dev): 22 mm median
ERROR_HEADING = 80  # per mille of the length: 5 degrees of mount yaw or toeing out
ERROR_TILT = 245  # 0.3 of what a steady drift of that tilt adds: g * tilt * T^2 / 12
ERROR_SPEED = 100  # per mille of speed left over * T: a fifth of what a step error in mid-stride adds
ERROR_TURN = 200  # per mille of length * sin(yaw / 2), twice that for sideways
CONFIDENCE = (500, 690, 832, 917, 961, 982, 992, 998)  # logistic of 3.2 * margin / doubt, in steps of 1/4; slope fitted
# on dev, leaving each person out in turn: 3.0 to 3.9. Capped: of 2,066 strides there (dev) none was wrong, so that at
# most 1 in 690 is (95 %); of the same strides on other shoes, mounts and at other toe_axis 3 of 72,594
DECIDE = 800  # below it the stride is unknown
AXIS_MAX_MRAD = 260  # 15 degrees: as far as toeing out and a crooked mount are followed (toeing out: 5 to 15 degrees)
AXIS_SURE = 950  # only strides this sure teach the axis
AXIS_TURN_CDEG = 3000
UNSURE = 500  # confidence when a precondition fails

# -- flags
TILT_OPEN_MRAD = 350
TILT_OPEN_UNBIASED_MRAD = 600  # before the gyroscope has been seen at rest

# -- events
JERK_S = 0.01  # jerk is a difference over this: one ring sample
ONSET_SHARE = (
    0.4  # contact: first jerk of this share of the largest, this long before it; dev manual events: 0.3 to 0.5
)
ONSET_BACK_S = 0.2  # give a median error of 0; the forefoot slaps down up to 0.2 s after the heel
SOFT_ONSET_SHARE = 0.15  # backward: the forefoot lands softly or brushes on, and the heel hits up to 0.2 s later; dev,
SOFT_ONSET_BACK_S = 0.25  # against a kinematic truth: within 0.12 s it was the heel's blow in one stride of three
QUICK_S = 0.72  # a stride this short is run (dev: 0.74 and more between stances walking backward): half the time, and
# backward 0.25 of the jerk, for its swing shakes at 0.15 (dev: in one forward run of three)
SWING_LEAST_S = 0.12  # a step of a few centimetres; whatever the search found, a swing of none at all is no answer
PEAK_BEFORE_S = 0.01
PEAK_AFTER_S = 0.06  # impact peaks come within 50 ms of contact
HEEL_CDEG = 800  # Altmann & Davis 2012: a foot strike angle above 8 degrees is a rearfoot strike
HEEL_SOFT_CDEG = 400  # confidence half way to its limit of 0.92, the published accuracy of two classes
SENSOR_HEIGHT_MM = 60  # a pod on the laces, over the ground about which a still foot slowly rolls
