"""Base of the drivers for chips with plain sample frames: read-back of registers, rates, averages, checks."""

from struct import unpack_from

from pod.sensors import SensorError

_STALL_MS = 100  # longest write of the recorder: 4 kB to littlefs
_DRAIN_MS = 20  # age of the oldest sample before that
_RATE_INTERVALS = 40
_RATE_POLLS = 4000
_LIKELY_PERCENT = 35  # larger deviations are not an interval: the pod was late or missed a sample
_BELIEVED_PERMILLE = 10  # smallest deviation of the measured rate to use it: below it the sample clock is more accurate


def lasts_ms(samples: int, rate_mhz: int) -> int:
    """Return the time in which a FIFO of `samples` fills."""
    return samples * 1_000_000 // rate_mhz


def choose_rate(chip: str, asked_hz: int, rates: dict, samples: int) -> int:
    """Return the chip's rate (a key of `rates`, values begin with mHz) with the smallest ratio to `asked_hz`.

    Only rates count at which a FIFO of `samples` outlasts a write of the recorder. Raises SensorError if `asked_hz` is
    a rate of the chip at which it does not.
    """
    least_ms = _STALL_MS + _DRAIN_MS
    lasting = [rate for rate in rates if lasts_ms(samples, rates[rate][0]) >= least_ms]
    if asked_hz in rates and asked_hz not in lasting:
        took = (asked_hz, chip, lasts_ms(samples, rates[asked_hz][0]), least_ms, max(lasting))
        raise SensorError("sensor_fifo", "%d Hz: the FIFO of the %s lasts %d ms, %d are needed; at most %d Hz" % took)
    return min(lasting, key=lambda rate: max(rate * 1000 // asked_hz, asked_hz * 1000 // rate))


def force(sensor, identity: int) -> None:
    """Report that a setting names the part of a chip whose identity is not that of the part."""
    sensor.doubt = "identity 0x%02x, used as %s because it is set" % (identity, sensor.chip)
    sensor.reason = "forced_chip"


class Chip:
    """Base of a driver. A subclass adds `chip`, `axes`, the scales and the other methods of `lsm6ds.Lsm6ds`."""

    axes = 6
    slots = 1  # `lost` is modulo this, so it is always 0
    doubt = ""
    note = ""
    reason = ""  # of `doubt` or `note`: a name of the schema's `check_reason` enum

    def __init__(self, bus, address: int, sleep_ms, ticks_us=None, ticks_diff=None):
        """`ticks_us`, `ticks_diff`: clock to measure the rate; None: use the nominal rate."""
        self.overrun = False
        self.rate_mhz = 0
        self.bus = bus
        self.address = address
        self.sleep_ms = sleep_ms
        self._ticks_us = ticks_us
        self._ticks_diff = ticks_diff
        self._one = bytearray(1)
        self._two = bytearray(2)
        self.wanted = ()
        self._odd = 0

    def rejected(self) -> int:
        """Return the number of invalid bursts."""
        return self._odd

    def refuse_ones(self, raw, length: int) -> None:
        """Raise OSError if the last sample has only one bits: the chip does not drive the data line."""
        for at in range(length - 2 * self.axes, length):
            if raw[at] != 0xFF:
                return
        self._odd += 1
        raise OSError("the data line hangs high")

    def lost(self) -> int:
        """Return 0: the FIFO does not report lost samples."""
        return 0

    def configured(self) -> bool:
        """Return True if the chip is the same and all registers have the written values."""
        for register, wanted, got in self.wanted:
            self.bus.readfrom_mem_into(self.address, register, got)
            if got != wanted:
                return False
        return True

    def _keep(self, rows: tuple) -> None:
        """Write (register, bytes) rows and read them back. Raises SensorError if a value differs."""
        for register, data in rows:
            self.bus.writeto_mem(self.address, register, data)
        self.wanted = tuple([(register, bytearray(data), bytearray(len(data))) for register, data in rows])
        if not self.configured():
            raise SensorError("sensor_reset", "the sensor does not keep its configuration")

    def _expect(self, register: int, value: int) -> None:
        """Let `configured` also check that `register` reads as `value`."""
        self.wanted += ((register, bytearray((value,)), bytearray(1)),)

    def write(self, register: int, value: int) -> None:
        self._one[0] = value
        self.bus.writeto_mem(self.address, register, self._one)

    def _read(self, register: int) -> int:
        self.bus.readfrom_mem_into(self.address, register, self._one)
        return self._one[0]

    def _fresh(self) -> bool:
        """Return True if there is a new sample since the last call."""
        raise NotImplementedError

    def _counts(self, packing: str, register: int, size: int) -> tuple:
        got = bytearray(size)
        self.bus.readfrom_mem_into(self.address, register, got)
        return unpack_from(packing, got, 0)

    def _average(self, packing: str, register: int, size: int, readings: int, pause_ms: int) -> list:
        """Return the means of `readings` samples of the output registers."""
        sums = []
        for _ in range(readings):
            self.sleep_ms(pause_ms)
            values = self._counts(packing, register, size)
            sums = [sums[i] + values[i] for i in range(len(values))] if sums else values
        return [total / readings for total in sums]

    def _measured(self, nominal_mhz: int) -> int:
        """Return the rate by data-ready flags and the pod's clock, within half a percent, or the nominal rate.

        The engine needs the rate from the first sample, and untrimmed oscillators are off by several percent.
        """
        if self._ticks_us is None:
            return nominal_mhz
        period_us = 1_000_000_000 // nominal_mhz
        total_us = intervals = measured = 0
        last = None
        for _ in range(_RATE_POLLS):
            if not self._fresh():
                continue
            now = self._ticks_us()
            if last is not None:
                measured += 1
                spent = self._ticks_diff(now, last)
                if abs(spent - period_us) * 100 < period_us * _LIKELY_PERCENT:
                    total_us += spent
                    intervals += 1
                if measured >= _RATE_INTERVALS:
                    break
            last = now
        if intervals * 2 < _RATE_INTERVALS:
            return nominal_mhz
        rate_mhz = intervals * 1_000_000 // total_us * 1000 + intervals * 1_000_000 % total_us * 1000 // total_us
        if abs(rate_mhz - nominal_mhz) * 1000 < nominal_mhz * _BELIEVED_PERMILLE:
            return nominal_mhz
        return rate_mhz
