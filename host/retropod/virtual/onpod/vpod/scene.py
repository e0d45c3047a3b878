"""The input of the sensor: the place of the source in true time, and its rendering at the settings of the chip.

The source begins when the chip's FIFO is first enabled, or later if it is held. A held source freezes time until the
host sends go, and with `still` the sensor stands still until then. With `loop` the source repeats. The host renders the
source for a rate and a sensitivity when the chip is set to them.
"""

from micropython import const

from vpod.wave import Wave

_NEVER = const(1 << 40)


class Scene:
    """`sample_index` places a time in the source, `wave` gives the samples of one element."""

    def __init__(self, config: dict, clock, control) -> None:
        self._clock = clock
        self._control = control
        self._hold = config["hold"]
        self._tail_us = config["tail_ms"] * 1000
        self.start_us = config["source_start_us"]
        self._loop = config.get("loop", False)
        self._duration_us = 0 if self._loop else config["source_us"]  # a loop has no end
        self._ended = False
        self._told = False
        control.on("go", self._go)

    def begin(self) -> None:
        """The FIFO was enabled: the source starts, unless it did before."""
        if self.start_us is not None:
            return
        if self._hold == "still":
            if not self._told:
                self._told = True
                self._control.send("held")
            return
        self._start()
        if self._hold:
            self._clock.freeze()
            self._control.send("held")
        else:
            self._announce()

    def _start(self) -> None:
        self.start_us = self._clock.true_us()

    def _announce(self) -> None:
        if self.start_us is not None:
            self._control.send("started", start_us=self.start_us, real_us=self._clock.real_us_of(self.start_us))

    def _go(self, _message: dict) -> None:
        if self._hold == "still" and self.start_us is None:
            self._start()
        self._hold = None
        self._clock.thaw()
        self._announce()

    def sample_number(self, true_us: int, rate_hz: float) -> int:
        """Number of the newest sample at `true_us`, counted from power-on."""
        return int(true_us * rate_hz / 1e6)

    def source_index(self, number: int, rate_hz: float) -> int:
        """Place in the source of sample `number`; negative before the source starts."""
        if self.start_us is None:
            return -_NEVER
        return number - self.sample_number(self.start_us, rate_hz) - 1

    def wave(self, element: str, rate_hz: float, lsb: float, full: int = 32767) -> Wave:
        """Return the samples of `element` ("acc": lsb in g, "gyr": lsb in dps) at `rate_hz`, limited to `full`.

        The clock is frozen in the meantime.
        """
        was_frozen = self._clock.frozen
        self._clock.freeze()
        answer = self._control.ask("render", element=element, rate_hz=rate_hz, lsb=lsb, full=full)
        if not was_frozen:
            self._clock.thaw()
            self._announce()  # real time has advanced
        return Wave(answer["path"], answer["count"], bytes(answer["before"]), bytes(answer["after"]), self._loop)

    def drained(self, true_us: int) -> None:
        """All samples up to `true_us` have left the chip. Tells the host once the source and its tail are through."""
        if self._ended or self.start_us is None or not self._duration_us:
            return
        if true_us - self.start_us >= self._duration_us + self._tail_us:
            self._ended = True
            if self._clock.fast:
                self._clock.run_at(1.0)  # nothing is left to hurry for
            self._control.send("source_end")
