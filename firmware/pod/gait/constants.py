"""Every tuned constant of the engine, with where it comes from."""

RING_RATE_MHZ = 200000  # direction runs at the rate nearest to this: 104 Hz is enough, 52 Hz loses running
SCORE_ONE = 1475  # a stillness score of 1 in kernel units: (1.5 rad/s)^2 in quarter square units over 256
WINDOW_S = 0.06
CONFIRM_S = 0.05
LEAK_DECADES_PER_S = 1.0
LOW_FLOOR = -1.5  # decades
STANCE_MAX = 1.2
SWING_MIN = 1.0
REST = -1.2
REST_S = 0.5
SAME = 0.3
LEVEL_S = 0.03
STRIDE_MIN_S = 0.35
STRIDE_MAX_S = 2.4
STRIDE_MIN_MM = 200
CLOSE_SHARE = 500  # per mille of the peak speed that may be left at a closing stance
CLOSE_TILT_MRAD = 400
DRIFT_TILT_MRAD = 700
DRIFT_SHARE = 300
TURNING_CDEG = 6000
TILT_OPEN_MRAD = 350
TOE_AXIS_COS = 640
REOPEN = 0.5  # decades
ALT_SHARE = 300
ALT_TILT_MRAD = 400
TILT_OPEN_UNBIASED_MRAD = 600
