"""LSM6DSO32, LSM6DSO and LSM6DSOX: accelerometer and gyroscope through the tagged FIFO.

Ref: ST LSM6DSO32 data sheet DS13082, LSM6DSO DS12140, LSM6DSOX DS12814; application notes AN5473, AN5192, AN5272.
All three have the same WHO_AM_I. Full-scale code 01 is the widest range of each: +-32 g on the DSO32, +-16 g on the
others. One configuration therefore fits all, and gravity at rest shows which part it is.
"""

from array import array
from struct import unpack_from

from micropython import const

from pod.sensors import _kernel_lsm6ds as kernel
from pod.sensors import load_temporarily
from pod.sensors import lsm6ds_registers as R

_WORD_BYTES = const(7)
_BURST_WORDS = const(64)


class Lsm6ds:
    """One chip. Call `start`, then `level`, `read` and `unpack` in turn. They raise OSError if the bus fails."""

    axes = 6
    gyr_lsb_udps = R.GYR_LSB_UDPS
    fifo_samples = R.FIFO_WORDS // 2
    full_scale = 32767
    slots = 4  # `lost` is modulo this

    def __init__(self, bus, address: int, rate_hz: int, part: str, sleep_ms, _ticks_us=None, _ticks_diff=None):
        """`part`: "auto" or a name of the schema's chip enum; `sleep_ms`: function that waits.

        The chip stores its rate from the factory trim, so the ticks are not used.
        """
        self.chip = part
        self.acc_lsb_ug = 0
        self.rate_mhz = 0
        self.samples = bytearray(_BURST_WORDS // 2 * 12)
        self.overrun = False
        self.identity = 0  # WHO_AM_I, once `start` has read it
        self.doubt = ""  # contradiction between gravity at rest and the part
        self.note = ""  # reason why the check at rest could not be made
        self.reason = ""  # of `doubt` or `note`: a name of the schema's `check_reason` enum
        self.bus = bus
        self.address = address
        self.sleep_ms = sleep_ms
        self._state = array("i", [0] * kernel.LENGTH)
        self._half = bytearray(12)
        self._two = bytearray(2)
        self._raw = bytearray(_BURST_WORDS * _WORD_BYTES)
        whole = memoryview(self._raw)
        # One view per even number of words, because slicing allocates.
        self._views = [whole[: n * _WORD_BYTES] for n in range(2, _BURST_WORDS + 1, 2)]
        self._words = 0
        self.wanted: tuple = ()
        from pod.sensors import lsm6ds_setup  # unloaded by `start`, which follows

        lsm6ds_setup.prepare(self, rate_hz)

    def start(self) -> None:
        """Reset and configure the chip, start sampling. Raises SensorError if the configuration fails."""
        load_temporarily("lsm6ds_setup").start(self)

    def begin(self) -> None:
        """Reset the state after the FIFO was emptied."""
        for i in range(kernel.LENGTH):
            self._state[i] = 0
        self._words = 0
        self.overrun = False

    def empty(self) -> None:
        """Empty the FIFO: bypass mode, then continuous mode."""
        self.write(R.REG_FIFO_CTRL4, 0)
        self.write(R.REG_FIFO_CTRL4, R.FIFO_MODE_CONTINUOUS)
        self.begin()

    def configured(self) -> bool:
        """Return True if the chip is the same and all registers have the written values.

        A chip does not report a short loss of power.
        """
        for register, wanted, got in self.wanted:
            self.bus.readfrom_mem_into(self.address, register, got)
            if got != wanted:
                return False
        return True

    def level(self) -> int:
        """Return the number of words in the FIFO. Set `overrun` if words were overwritten since the last call."""
        self.bus.readfrom_mem_into(self.address, R.REG_FIFO_STATUS1, self._two)
        words = self._two[0] | (self._two[1] & R.STATUS2_DIFF) << 8
        if words > R.FIFO_WORDS:
            raise OSError("FIFO level %d" % words)  # A data line that is stuck high reads as 1023.
        self.overrun = (self._two[1] & (R.STATUS2_OVR_IA | R.STATUS2_OVR_LATCHED)) != 0
        if self.overrun:
            self._state[kernel.BLIND] = 1
        return words

    def waiting(self, words: int) -> int:
        """Return the number of whole samples in `words` words of the FIFO and the stored half."""
        return (words + (1 if self._state[kernel.HAVE] else 0)) // 2

    def read(self, words: int) -> int:
        """Read a burst of up to `words` words. Return their number. Call `unpack` next, until it returns 0."""
        pairs = min(words, _BURST_WORDS) // 2
        self._state[kernel.AT] = 0
        self._words = 2 * pairs
        if pairs:
            self.bus.readfrom_mem_into(self.address, R.REG_FIFO_DATA_OUT_TAG, self._views[pairs - 1])
        return 2 * pairs

    def unpack(self) -> int:
        """Put the next consecutive samples of the burst into `samples` and return their number, 0 at its end."""
        return kernel.unpack(self._raw, self._words, self._half, self.samples, _BURST_WORDS // 2, self._state)

    def lost(self) -> int:
        """Return the samples lost before the last unpacked ones, modulo 4 after an overrun."""
        lost = self._state[kernel.LOST]
        self._state[kernel.LOST] = 0
        return lost

    def rejected(self) -> int:
        """Return the number of words with a wrong parity or an unknown tag since the start."""
        return self._state[kernel.BAD] + self._state[kernel.STRANGE]

    def temperature_cc(self) -> int:
        """Return the temperature of the chip in 0.01 degrees Celsius."""
        self.bus.readfrom_mem_into(self.address, R.REG_OUT_TEMP_L, self._two)
        return 2500 + unpack_from("<h", self._two, 0)[0] * 100 // 256

    # -- sleep

    def sleep(self) -> None:
        """Stop sampling, with the lowest current. `start` wakes the chip."""
        self.write(R.REG_FIFO_CTRL4, 0)
        self.write(R.REG_CTRL1_XL, 0)
        self.write(R.REG_CTRL2_G, 0)

    def wake_on_motion(self, threshold_mg: int) -> None:
        """Sleep. Set interrupt pin 1 and `moved` if the acceleration changes by more than `threshold_mg`."""
        load_temporarily("lsm6ds_ondemand").wake_on_motion(self, threshold_mg)

    def moved(self) -> bool:
        """Return True if the chip detected motion since the last call."""
        one = bytearray(1)
        self.bus.readfrom_mem_into(self.address, R.REG_WAKE_UP_SRC, one)
        return one[0] & R.WU_IA != 0

    # -- self-test

    def self_test(self) -> list:
        """Return (axis, measured, least, most) of six axes: mg and dps of deflection by the built-in test.

        The pod must be still. Takes half a second, then restarts the chip with an empty FIFO.
        """
        return load_temporarily("lsm6ds_ondemand").self_test(self)

    def write(self, register: int, value: int) -> None:
        self._two[0] = value
        self.bus.writeto_mem(self.address, register, self._two[:1])
