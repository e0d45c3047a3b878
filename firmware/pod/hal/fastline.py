"""A faster serial line for a limited time. Loaded for the request, unloaded when the line is back at its own rate.

The REPL uses UART0 at 115,200 baud, and `machine.UART(0)` refuses to change that. So this module sets clock source and
divisor in the chip's registers, after it has checked that they hold the expected values. It restores them when the host
requests that, when no whole frame comes for a while, and when the app ends.

Ref: ESP32 technical reference manual (v5.2), UART: UART_CLKDIV_REG, UART_STATUS_REG, UART_CONF0_REG; ESP32-S3 (v1.4)
and ESP32-C3 (v1.1) ones: UART_CLKDIV_REG, UART_STATUS_REG, UART_FSM_STATUS_REG, UART_CLK_CONF_REG.
"""

import os

_RATES = (230_400, 460_800, 921_600)
_UART0 = 0x3FF40000
_UART0_NEWER = 0x60000000
_CLKDIV = 0x14  # divisor: whole part in 12 bits or more, sixteenths from bit 20 on
_STATUS = 0x1C  # bytes in the output queue from bit 16 on; on the ESP32 the state of the sender from bit 24 on
_CONF0 = 0x20
_TICK_REF_ALWAYS_ON = 1 << 27  # bit of CONF0: the ESP32's UART runs from the 80 MHz bus, else from 1 MHz
_FSM_STATUS = 0x6C  # newer chips: state of the sender from bit 4 on
_CLK_CONF = 0x78  # newer chips: prescaler from bit 12 on, clock source from bit 20 on
_BUS_HZ = 80_000_000
_REFERENCE_HZ = 1_000_000
_CRYSTAL_HZ = 40_000_000

_FIRST_MS = 700  # limit for the first whole frame at the new rate
_DAMAGED_MS = 700  # limit from a damaged frame to the next whole one
_SILENT_MS = 5000
_LEAVE_MS = 500  # limit for sending the answer at the old rate
_WAITS = 0
_RUNS = 1
_ENDS = 2


class Refusal(Exception):
    """The line keeps its rate; the text gives the reason."""


class Uart:
    """Registers of UART0. `mem32`: 32-bit words by address; `chip`: name of the board."""

    def __init__(self, mem32, chip: str, cpu_hz: int):
        """Raise Refusal if the chip is unknown or its clock is too slow."""
        self._mem32 = mem32
        if cpu_hz < _BUS_HZ:
            raise Refusal("the processor runs too slowly")
        newer = "ESP32S3" in chip or "ESP32C3" in chip
        if not newer and "ESP32" + chip.split("ESP32")[-1] != "ESP32":
            raise Refusal("no known chip: " + chip)
        self._base = _UART0_NEWER if newer else _UART0
        self._source_at = self._base + (_CLK_CONF if newer else _CONF0)
        self._newer = newer
        self._divisor = mem32[self._base + _CLKDIV]
        self._source = mem32[self._source_at]

    def check(self, rate: int) -> None:
        """Raise Refusal if the registers differ by more than 2 % from the values for `rate`."""
        whole = self._divisor & (0xFFF if self._newer else 0xFFFFF)
        sixteenths = whole * 16 + (self._divisor >> 20 & 15)
        if sixteenths == 0 or abs(self._source_hz() // sixteenths * 16 - rate) > rate // 50:
            raise Refusal("registers not as expected")

    def _source_hz(self) -> int:
        if not self._newer:
            return _BUS_HZ if self._source & _TICK_REF_ALWAYS_ON else _REFERENCE_HZ
        if self._source & 0xFFF:
            return 0  # MicroPython sets no fraction, so another program has changed the clock.
        source = self._source >> 20 & 3
        hz = _BUS_HZ if source == 1 else _CRYSTAL_HZ if source == 3 else 0
        return hz // ((self._source >> 12 & 0xFF) + 1)

    def sent(self) -> bool:
        """Return whether the last byte was sent."""
        status = self._mem32[self._base + _STATUS]
        if self._newer:
            return status >> 16 & 0x3FF == 0 and self._mem32[self._base + _FSM_STATUS] >> 4 & 15 == 0
        return status >> 16 & 0xFFF == 0

    def set_rate(self, rate: int) -> None:
        """Set the rate of the line, in baud."""
        hz = self._source_hz()
        if not self._newer:
            hz = _BUS_HZ
            self._mem32[self._source_at] = self._source | _TICK_REF_ALWAYS_ON
        sixteenths = hz * 16 // rate
        self._mem32[self._base + _CLKDIV] = (sixteenths & 15) << 20 | sixteenths >> 4

    def restore(self) -> None:
        """Write the values that the registers had at the start."""
        self._mem32[self._base + _CLKDIV] = self._divisor
        self._mem32[self._source_at] = self._source


def start(link, own_rate: int, rate: int):
    """Return a FastLine on the UART of this board. Raises Refusal."""
    import machine

    return FastLine(link, Uart(machine.mem32, os.uname()[4], machine.freq()), own_rate, rate)


class FastLine:
    """Supervises a line at another rate. It is `link.watch` in the meantime."""

    def __init__(self, link, uart: Uart, own_rate: int, rate: int):
        """Prepare the change, which follows once the answer to the request is sent. Raises Refusal."""
        if rate not in _RATES:
            raise Refusal("rates: " + " ".join([str(one) for one in _RATES]))
        uart.check(own_rate)
        self._link = link
        self._uart = uart
        self._own_rate = own_rate
        self._rate = rate
        self._state = _WAITS
        self._ms = 0
        self._heard = link.heard
        self._damaged = link.damaged
        self._limit_ms = _FIRST_MS

    def step(self, elapsed_ms: int) -> None:
        """Change the rate once the answer is sent, and change it back if the host does not follow."""
        self._ms += elapsed_ms
        if self._state == _RUNS:
            self._check()
        elif self._link.idle and self._uart.sent():
            if self._state == _ENDS:
                self.end()
            else:
                self._begin()
        elif self._ms > _LEAVE_MS:
            self.end()

    def leave(self) -> None:
        """Return to the line's own rate once the answer to this request is sent."""
        self._state = _ENDS
        self._ms = 0

    def end(self) -> None:
        """Return to the line's own rate now."""
        if self._state != _WAITS:
            self._uart.restore()
        self._link.set_line(self._own_rate)
        self._link.watch = None

    def _begin(self) -> None:
        self._uart.set_rate(self._rate)
        self._link.set_line(self._rate)
        self._state = _RUNS
        self._ms = 0

    def _check(self) -> None:
        if self._link.heard != self._heard:
            self._heard = self._link.heard
            self._damaged = self._link.damaged
            self._ms = 0
            self._limit_ms = _SILENT_MS
        elif self._link.damaged != self._damaged and self._limit_ms == _SILENT_MS:
            self._damaged = self._link.damaged
            self._ms = 0
            self._limit_ms = _DAMAGED_MS
        if self._ms > self._limit_ms:
            self.end()
