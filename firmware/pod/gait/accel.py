"""Accelerometer only: not built yet."""


class Accel:
    def __init__(self, rate_mhz, acc_lsb_ug):
        raise NotImplementedError("accelerometer-only mode")
