"""Set-up of the six-axis engine for its rate and chip: tuned constants in the units of the kernels.

It runs once. After the engine is built, this module and the constants can be unloaded.
"""

from math import log

from pod.gait import _describe as ds
from pod.gait import _events as ev
from pod.gait import _kernel as kn
from pod.gait import _strapdown as sp
from pod.gait import constants as c
from pod.gait import stride as S
from pod.gait.shared_state import RING_MASK, ZERO


def _log_score(decades, window):
    """Convert a stillness threshold from decades to the kernel's 1/4096 octave of a window sum."""
    return int(4096 * log(10**decades * c.SCORE_ONE * window) / log(2))


def fill_sense(st, rate, decim, gyr, mag_mask):
    """Fill the state of the kernel and return the length of its window. `gyr`: units of angular rate per count."""
    for i in range(6):
        st[kn.SUM + i] = ZERO
    for i in range(3):
        st[kn.BIAS + i] = ZERO
    st[kn.DECIM] = decim
    st[kn.WIN_N] = window = max(4, int(rate * c.WINDOW_S + 0.5))
    st[kn.LEAK] = int(4096 * 3.3219 * c.LEAK_DECADES_PER_S / rate + 0.5)
    st[kn.LOW_FLOOR] = _log_score(c.LOW_FLOOR, window)
    st[kn.LOW] = st[kn.HIGH] = _log_score(0, window)
    st[kn.STANCE_MAX] = _log_score(c.STANCE_MAX, window)
    st[kn.SWING_MIN] = _log_score(c.SWING_MIN, window)
    st[kn.REST_LS] = _log_score(c.REST, window)
    st[kn.SAME] = int(4096 * 3.3219 * c.SAME)
    st[kn.REST_NEED] = int(rate * c.REST_S / 4) + 1
    st[kn.CONFIRM] = max(3, int(rate * c.CONFIRM_S + 0.5))
    st[kn.PEND] = 1 << 29
    st[kn.CLIP_L] = int(32700 * gyr / 2) ** 2 >> 8
    st[kn.CLIP_M] = (32700 >> 1) ** 2
    st[kn.MAG_MASK] = mag_mask
    return window


def fill_strapdown(s, rate, window):
    """Fill the scales of the integration."""
    half = 1 / 819.2 / rate / 2 * 2**14 * 4096
    shift = 0
    while half < 2048:
        half *= 2
        shift += 1
    s[sp.GYRO_K] = int(half + 0.5)
    s[sp.GYRO_S] = shift
    s[sp.NEXT] = sp.NOWHERE
    s[sp.STILL] = _log_score(c.STILL, window)
    s[sp.SLOPE] = int(1024 * c.TRUST_PER_DECADE / 3.3219)
    s[sp.SLOW] = c.SLOW_MM_S
    s[sp.LEAST] = int(1024 * c.TRUST_LEAST)
    s[sp.HALF_W] = max(1, int(rate * c.LEVEL_S))
    levelled = 2 * s[sp.HALF_W] + 1
    s[sp.ROLL_K] = int(c.SENSOR_HEIGHT_MM / (2 * levelled) / 819.2 / rate * (1 << 26) + 0.5)
    s[sp.MMS_K] = int(9806.65 / 1024 / rate * 16384 + 0.5)
    s[sp.MM_K] = int(9806.65 / 1024 / rate / rate * 64 * 16384 + 0.5)


def fill_events(e, rate, decim, mag_mask):
    """Fill the windows in which contact, toe-off and impact are searched."""
    e[ev.DECIM] = decim
    e[ev.MAG_MASK] = mag_mask
    e[ev.BEFORE] = int(rate * decim * c.PEAK_BEFORE_S) + 1
    e[ev.AFTER] = int(rate * decim * c.PEAK_AFTER_S) + 1
    e[ev.JERK_N] = max(1, int(rate * c.JERK_S + 0.5))
    e[ev.BACK] = int(rate * c.ONSET_BACK_S + 0.5)
    e[ev.ONSET] = int(256 * c.ONSET_SHARE)
    e[ev.SOFT_BACK] = int(rate * c.SOFT_ONSET_BACK_S + 0.5)
    e[ev.SOFT_ONSET] = int(256 * c.SOFT_ONSET_SHARE)
    e[ev.QUICK] = int(rate * c.QUICK_S)
    e[ev.LEAST] = int(rate * c.SWING_LEAST_S)


def fill_describe(d, rate, decim, rate_mhz, acc_lsb_ug):
    """Fill rates, units and the borders of the decision."""
    d[ds.DECIM] = decim
    d[ds.RATE] = int(rate + 0.5)
    d[ds.RAW_RATE] = (rate_mhz + 500) // 1000
    d[ds.ACC_LSB] = acc_lsb_ug
    d[ds.BORDER_SIN] = c.BORDER_SIN
    d[ds.BORDER_COS] = c.BORDER_COS
    d[ds.ERROR_MM] = c.ERROR_MM
    d[ds.ERROR_HEADING] = c.ERROR_HEADING
    d[ds.SIDE_SIN] = c.SIDE_SIN
    d[ds.SIDE_COS] = c.SIDE_COS
    d[ds.ERROR_TILT] = c.ERROR_TILT
    d[ds.ERROR_SPEED] = c.ERROR_SPEED
    d[ds.ERROR_TURN] = c.ERROR_TURN
    d[ds.DECIDE] = c.DECIDE
    d[ds.UNSURE] = c.UNSURE
    d[ds.TURNING] = c.TURNING_CDEG
    d[ds.TILT_OPEN] = c.TILT_OPEN_UNBIASED_MRAD
    d[ds.CLOSE_SHARE] = c.CLOSE_SHARE
    d[ds.HEEL] = c.HEEL_CDEG
    d[ds.HEEL_SOFT] = c.HEEL_SOFT_CDEG
    d[ds.MIN_MM] = c.STRIDE_MIN_MM
    d[ds.PIVOT] = c.PIVOT_CDEG
    d[ds.FLAGS] = S.FLAG_BIAS_UNKNOWN
    d[ds.AXIS_MAX] = c.AXIS_MAX_MRAD
    d[ds.AXIS_SURE] = c.AXIS_SURE
    d[ds.AXIS_TURN] = c.AXIS_TURN_CDEG
    for i in range(8):
        d[ds.CURVE + i] = c.CONFIDENCE[i]


def fill_limits(d, rate, window):
    """Fill the limits of a stride: duration, stances and swing."""
    d[ds.T_MIN] = int(c.STRIDE_MIN_S * rate)
    d[ds.T_MAX] = min(int(c.STRIDE_MAX_S * rate), RING_MASK - 24)
    d[ds.REOPEN] = int(4096 * 3.3219 * c.REOPEN)
    d[ds.SHALLOW] = int(4096 * 3.3219 * c.SHALLOW)
    d[ds.IMPACT_MIN] = _log_score(c.IMPACT_MIN, window)
    d[ds.SWING] = int(8192 * log(c.SWING_TURN * 409.6) / log(2))
    d[ds.FAST] = int(8192 * log(c.SWING_FAST * 409.6) / log(2))
    d[ds.LIVELY] = 2 * d[ds.SWING] + int(4096 * 3.3219 * c.LIVELY)
