"""The clock of a pod with the costs of an ESP32: time advances only by charges and by sleeping.

At a factor, the process sleeps while its time is ahead of the machine's. If the machine is ahead by more than LAG_US,
because it was busy or the REPL waited for input, the pod counts as frozen for the rest. So a slow test machine loses no
samples. At speed "max" the process never waits.
"""

import utime
from micropython import const

from vpod import board
from vpod.clock import LAG_US, Clock
from vpod.costs import CLOCK_US

_AHEAD_US = const(2000)  # ahead by this, the process waits: finer than any timeout, coarser than the scheduler
_FROZEN_SLEEP_US = const(1000)
_SLICE_US = const(20_000)


class PacedClock(Clock):
    """As Clock, with `advance` for charges. Without a meter it charges no CPU time."""

    def __init__(self, config: dict) -> None:
        super().__init__(config)
        self._paced_us = self._now_us
        self._polled_us = utime.ticks_us()
        self._shift = None
        self.slept_us = 0

    def true_us(self) -> int:
        """True time since power-on, us."""
        return self._now_us

    def esp_us(self) -> int:
        """The ESP32's microseconds, after the firmware's CPU time up to here."""
        meter = board.meter
        meter.enter()
        self.advance(CLOCK_US)
        now = self._now_us
        meter.leave()
        return self._ticks_start_us + now + now * self._ppm // 1_000_000

    def advance(self, duration: int) -> None:
        """Charge `duration` us."""
        if self.frozen or board.meter.free:
            return
        self._now_us += duration
        if self._factor is not None and self._now_us - self._paced_us > _AHEAD_US:
            self._pace()

    spend_us = advance

    def _pace(self) -> None:
        """Wait for the machine's time, or shift the epoch if the machine is too far ahead."""
        self._paced_us = self._now_us
        try:
            self._wait()
        except MemoryError:
            pass  # the heap is locked, a finaliser writes to flash: the next charge waits

    def _wait(self) -> None:
        wall = utime.ticks_us()
        ahead = self._epoch_us + int(self._now_us / self._factor) - wall
        if ahead < -LAG_US:
            self._epoch_us -= ahead + LAG_US
            self._shift = self._now_us
        while ahead > 0:
            if self.poll and wall - self._polled_us > _SLICE_US:
                self._serve()
                if self.frozen or self._factor is None:
                    return
            utime.sleep_us(min(ahead, _SLICE_US))
            wall = utime.ticks_us()
            ahead = self._epoch_us + int(self._now_us / self._factor) - wall

    def _serve(self) -> None:
        """Read the control channel, and send the host where its clock and ours meet since the last shift."""
        self._polled_us = utime.ticks_us()
        if self._shift is not None:
            at, self._shift = self._shift, None
            board.control.send("shift", at_us=at, real_us=self.real_us_of(at))
        self.poll()

    def sleep_us(self, duration: int) -> None:
        """Sleep `duration` us of the ESP32's time. The control channel is served in the meantime."""
        board.meter.enter()
        if self.poll:
            self._serve()
        if self.frozen:
            utime.sleep_us(_FROZEN_SLEEP_US)
        elif self._factor is None:
            before = self._now_us
            self._skip(max(0, duration))
            self.slept_us += self._now_us - before
        else:
            self._sleep_paced(duration)
        board.meter.leave()

    def _sleep_paced(self, duration: int) -> None:
        while duration > 0 and not self.frozen and self._factor is not None:
            step = min(duration, _SLICE_US)
            duration -= step
            self._now_us += step
            self.slept_us += step
            self._pace()
            if duration and self.poll:
                self._serve()
