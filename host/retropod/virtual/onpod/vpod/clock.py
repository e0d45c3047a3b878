"""The virtual clock. True time runs from power-on; the ESP32's own clock is true time with an error in ppm.

Three ways to run, `speed` of the configuration: a factor (1.0 is real time, read from the same monotonic clock that the
host uses), or "max": time then advances only by sleeping, by bus transfers and a little by every look at the clock, so
that a run is deterministic and as fast as the machine. A frozen clock stands still; sleeps are then short real sleeps.
"""

import utime
from micropython import const

_LOOK_US = const(5)  # what a look at the clock costs at speed "max": a loop waiting for a deadline must end
_FROZEN_SLEEP_US = const(1000)
_SLICE_US = const(20_000)  # longest real sleep between two looks at the control channel

TICKS_PERIOD = const(1 << 30)  # as on the ESP32, whose small integers have 31 bits


class Clock:
    """True time in us since power-on (`true_us`), the ESP32's time (`esp_us`), and sleeping."""

    def __init__(self, config: dict) -> None:
        self.poll = None  # control channel, called while sleeping
        self._ppm = config["clock_ppm"]
        self._ticks_start_us = config["ticks_start_ms"] * 1000
        self._now_us = config["true_us"]
        self._factor = None
        self.frozen = False
        # at "max", input must have come within this virtual time, or the clock waits for the host
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
        self._epoch_us = utime.ticks_us() - int(self._now_us / self._factor)

    def true_us(self) -> int:
        """True time since power-on, us."""
        if self._factor is not None and not self.frozen:
            self._now_us = int((utime.ticks_us() - self._epoch_us) * self._factor)
        return self._now_us

    def esp_us(self) -> int:
        """The ESP32's microseconds: true time with the error of its crystal."""
        if self._factor is None and not self.frozen:
            self._now_us += _LOOK_US
        now = self.true_us()
        return self._ticks_start_us + now + now * self._ppm // 1_000_000

    def freeze(self) -> None:
        """Stop time here."""
        self.true_us()
        self.frozen = True

    def thaw(self) -> None:
        """Let time go on from where it stopped."""
        if self.frozen:
            self.frozen = False
            self._heard_us = self._now_us
            if self._factor is not None:
                self._set_epoch()

    def heard(self) -> None:
        """The host sent something."""
        self._heard_us = self._now_us

    def run_at(self, factor) -> None:
        """From now on run at `factor` times real time, None for as fast as the machine."""
        self.true_us()
        self._factor = factor
        if factor is not None:
            self._set_epoch()

    def real_us_of(self, true_us: int):
        """Reading of the machine's monotonic clock at `true_us`, None at speed "max"."""
        return None if self._factor is None else self._epoch_us + int(true_us / self._factor)

    def spend_us(self, duration: int) -> None:
        """Time that something other than sleeping takes: a bus transfer."""
        if self.frozen:
            return
        if self._factor is None:
            self._now_us += duration
        else:
            utime.sleep_us(int(duration / self._factor))

    def sleep_us(self, duration: int) -> None:
        """Sleep `duration` us of the ESP32's time. The control channel is served meanwhile."""
        if self.poll:
            self.poll()
        if duration <= 0:
            return
        if self.frozen:
            utime.sleep_us(_FROZEN_SLEEP_US)
        elif self._factor is None:
            self._skip(duration)
        else:
            self._sleep_real(duration)

    def _skip(self, duration: int) -> None:
        if self._patience_us and self._now_us - self._heard_us > self._patience_us:
            utime.sleep_us(_FROZEN_SLEEP_US)  # the host is to speak before time goes on
            if self.poll:
                self.poll()  # now: the firmware will have read what has come before it sleeps again
            if self._now_us - self._heard_us > self._patience_us:
                return
        self._now_us += duration

    def _sleep_real(self, duration: int) -> None:
        end = utime.ticks_us() + int(duration / self._factor)
        while True:
            left = end - utime.ticks_us()
            if left <= 0 or self.frozen or self._factor is None:
                return
            utime.sleep_us(min(left, _SLICE_US))
            if self.poll and left > _SLICE_US:
                self.poll()
