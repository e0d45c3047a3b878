"""Rest detector in chunks of 31 ms: mean acceleration, turning rate and duration of rest.

The mount check and the detector of handling use it. Input is raw counts of the chip. Output is in chip axes,
acceleration with 1 g = 1024 and rates in 0.01 degrees per second.
"""

from array import array

from pod.gait._kernel_sums import add_into

ONE_G = 1024
_CHUNKS_PER_S = 32
# Foot on the ground: largest range of each axis within a chunk, and limits of the total around 1 g.
_STILL_ACC = 128  # 0.125 g, a walker's mid-stance; the noise of the sensors is a tenth of it
_STILL_RATE = 1600  # 16 dps
_STILL_BIAS = 2000  # 20 dps: the zero-rate offset of a gyroscope is at most 10
_NEAR_1G = 104  # 10 %: the scale error of a cheap part is 5 %


class Rest:
    """Divides the samples into chunks. After each, `still` is the number of consecutive quiet chunks.

    Attributes: `mean` (x, y, z; 1 g = 1024), `rate` (x, y, z; 0.01 dps, zeros without a gyroscope), `rough` (largest
    range of an accelerometer axis in the chunk; 1 g = 1024).
    """

    def __init__(self, rate_mhz, acc_lsb_ug, gyr_lsb_udps):
        self.size = max(2, rate_mhz // (1000 * _CHUNKS_PER_S))
        self.chunk_us = self.size * 1000000 // (rate_mhz // 1000)
        self.still = 0
        self.rough = 0
        self.mean = array("i", (0, 0, 0))
        self.rate = array("i", (0, 0, 0))
        self._acc_lsb_ug = acc_lsb_ug
        self._gyr_lsb_udps = gyr_lsb_udps
        self._axes = 6 if gyr_lsb_udps else 3
        self._sums = array("i", [0] * 18)
        self._filled = 0
        self._clear()

    def feed(self, buf, offset, count):
        """Take samples up to the end of the chunk and return their number. Call ended() next."""
        taken = min(count, self.size - self._filled)
        add_into(buf, offset // (2 * self._axes), taken, self._axes, self._sums)
        self._filled += taken
        return taken

    def ended(self):
        """Return True once per full chunk, after its mean, rate and stillness are set."""
        if self._filled < self.size:
            return False
        self._judge()
        self._clear()
        return True

    def break_off(self):
        """Discard the chunk and the rest because samples were lost."""
        self.still = 0
        self._clear()

    def _judge(self):
        self.rough = 0
        quiet = True
        for axis in range(3):
            self.mean[axis] = self._acc(self._sums[axis] // self._filled - 32768)
            self.rough = max(self.rough, self._acc(self._sums[12 + axis] - self._sums[6 + axis]))
            if self._axes == 6:
                self.rate[axis] = self._dps(self._sums[3 + axis] // self._filled - 32768)
                quiet = quiet and -_STILL_BIAS < self.rate[axis] < _STILL_BIAS
                quiet = quiet and self._dps(self._sums[15 + axis] - self._sums[9 + axis]) < _STILL_RATE
        off = (dot(self.mean, self.mean) >> 10) - ONE_G
        quiet = quiet and self.rough < _STILL_ACC
        self.still = self.still + 1 if quiet and -2 * _NEAR_1G < off < 2 * _NEAR_1G else 0

    def _acc(self, counts):
        value = counts * self._acc_lsb_ug // 977  # 10**6 / 1024
        return max(-8191, min(8191, value))

    def _dps(self, counts):
        return counts * (self._gyr_lsb_udps // 100) // 100

    def _clear(self):
        self._filled = 0
        for axis in range(6):
            self._sums[axis] = 0
            self._sums[6 + axis] = 65535
            self._sums[12 + axis] = 0


def dot(a, b):
    """Return the scalar product of two vectors with at most 8191 per axis, which is below 2**28."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
