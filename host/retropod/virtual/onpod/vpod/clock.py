"""The virtual clock. True time starts at power-on. The ESP32's own clock is true time with an error in ppm.

`speed` of the configuration is a factor or "max". With a factor the time follows the monotonic clock that the host
uses, and 1.0 is real time. If the process does not read the clock for longer than LAG_US because the machine is busy,
the pod counts as frozen for the rest. A busy machine therefore loses no samples. At "max" time advances only by
sleeping, by bus transfers and a little by every read of the clock. A run is then deterministic and as fast as the
machine. A frozen clock does not advance, and sleeps are short real sleeps.
"""

import utime
from micropython import const

from vpod import board

LAG_US = const(50_000)  # of the pod's time
_READ_US = const(5)  # time that a read of the clock takes at speed "max", so that a wait for a deadline ends
_FROZEN_SLEEP_US = const(1000)
_SLICE_US = const(20_000)  # longest real sleep between two reads of the control channel

TICKS_PERIOD = const(1 << 30)  # as on the ESP32, whose small integers have 31 bits


class Clock:
    """True time in us since power-on (`true_us`), the ESP32's time (`esp_us`), and sleeping."""

    def __init__(self, config: dict) -> None:
        self.poll = None  # reads the control channel, called while sleeping
        self._shifted = False  # an epoch that the host does not know yet
        self._ppm = config["clock_ppm"]
        self._ticks_start_us = config["ticks_start_ms"] * 1000
        self._now_us = config["true_us"]
        self._factor = None
        self.frozen = False
        # At "max" the clock waits for the host if no input came within this virtual time.
        self._patience_us = config["patience_ms"] * 1000 if config["patience_ms"] else 0
        self._heard_us = self._now_us
        if config["speed"] != "max":
            self._factor = float(config["speed"])
            self._set_epoch()

    @property
    def fast(self) -> bool:
        """True while time advances only by sleeping."""
        return self._factor is None

    def _set_epoch(self) -> None:
        self._read_us = utime.ticks_us()
        self._epoch_us = self._read_us - int(self._now_us / self._factor)

    def true_us(self) -> int:
        """True time since power-on, us."""
        if self._factor is not None and not self.frozen:
            now = utime.ticks_us()
            late = now - self._read_us - int(LAG_US / self._factor)
            if late > 0:
                self._epoch_us += late
                self._shifted = True
            self._read_us = now
            self._now_us = int((now - self._epoch_us) * self._factor)
        return self._now_us

    def esp_us(self) -> int:
        """The ESP32's microseconds: true time with the error of its crystal."""
        if self._factor is None and not self.frozen:
            self._now_us += _READ_US
        now = self.true_us()
        return self._ticks_start_us + now + now * self._ppm // 1_000_000

    def freeze(self) -> None:
        """Freeze the time."""
        self.true_us()
        self.frozen = True

    def thaw(self) -> None:
        """Continue from the frozen time."""
        if self.frozen:
            self.frozen = False
            self._heard_us = self._now_us
            if self._factor is not None:
                self._set_epoch()

    def heard(self) -> None:
        """Note that the host sent input."""
        self._heard_us = self._now_us

    def run_at(self, factor) -> None:
        """Run at `factor` times real time from now on. None: as fast as the machine."""
        self.true_us()
        self._factor = factor
        if factor is not None:
            self._set_epoch()

    def real_us_of(self, true_us: int):
        """Reading of the machine's monotonic clock at `true_us`, None at speed "max"."""
        return None if self._factor is None else self._epoch_us + int(true_us / self._factor)

    def spend_us(self, duration: int) -> None:
        """Spend time without sleeping, for a bus transfer."""
        if self.frozen:
            return
        if self._factor is None:
            self._now_us += duration
        else:
            step = int(duration / self._factor)
            utime.sleep_us(step)
            self._read_us += step

    def sleep_us(self, duration: int) -> None:
        """Sleep `duration` us of the ESP32's time and serve the control channel in this time."""
        if self.poll:
            self._tell_shift()
            self.poll()
        if duration <= 0:
            return
        if self.frozen:
            utime.sleep_us(_FROZEN_SLEEP_US)
        elif self._factor is None:
            self._skip(duration)
        else:
            self._sleep_real(duration)

    def _tell_shift(self) -> None:
        """Tell the host where its clock and ours meet since the last shift of the epoch."""
        if self._shifted and self._factor is not None and not self.frozen:
            self._shifted = False
            now = self.true_us()
            board.control.send("shift", at_us=now, real_us=self.real_us_of(now))

    def _skip(self, duration: int) -> None:
        if self._patience_us and self._now_us - self._heard_us > self._patience_us:
            utime.sleep_us(_FROZEN_SLEEP_US)  # wait for input of the host
            if self.poll:
                self.poll()  # the firmware reads new input before it sleeps again
            if self._now_us - self._heard_us > self._patience_us:
                return
        self._now_us += duration

    def _sleep_real(self, duration: int) -> None:
        end = utime.ticks_us() + int(duration / self._factor)
        while True:
            left = end - utime.ticks_us()
            if left <= 0 or self.frozen or self._factor is None:
                return
            step = min(left, _SLICE_US)
            utime.sleep_us(step)
            self._read_us += step  # a sleep is not a lag
            self.true_us()
            if self.poll and left > _SLICE_US:
                self._tell_shift()
                self.poll()
