"""UART0 as its registers see it: clock source, divisor, state of the sender. The line itself is the host's.

Ref: ESP32, ESP32-S3 and ESP32-C3 technical reference manuals, chapter UART controller.
"""

import utime

from vpod import board

_LEAVES_US = 1500  # how long the last frame stays in the sender: 17 bytes at 115,200 baud
_REPL_BAUD = 115_200

# by chip: address of the controller, whole bits of the divisor, register of the clock source and what stands in it
_CHIPS = {
    "esp32": (0x3FF40000, 20, 0x20, 0x1000001C),  # eight bits, one stop bit, on the reference of 1 MHz
    "esp32s3": (0x60000000, 12, 0x78, 0x03700000),  # everything switched on, from the crystal
    "esp32c3": (0x60000000, 12, 0x78, 0x03700000),
}


class Registers:
    """`machine.mem32` with the registers of UART0. Other addresses read as zero, and all on a chip without a model."""

    def __init__(self, chip: str, bus_hz: int) -> None:
        """`bus_hz`: of the bus clock, 80 MHz on all of these chips."""
        self._bus_hz = bus_hz
        self._asked_us = None
        self._base, self._whole_bits, self._source_at, source = _CHIPS.get(chip, (0, 0, 0, 0))
        self._words = {}
        if self._base:
            self._words[self._source_at] = source
            divisor = self._clock_hz() * 16 // _REPL_BAUD
            self._words[0x14] = (divisor % 16) << 20 | divisor // 16

    def __getitem__(self, address: int) -> int:
        at = address - self._base
        if at == 0x1C and self._base:
            return self._sender()
        return self._words.get(at, 0)

    def __setitem__(self, address: int, word: int) -> None:
        at = address - self._base
        if at in self._words:
            self._words[at] = word & 0xFFFFFFFF
            board.control.send("uart", baud=self.baud())

    def _sender(self) -> int:
        """Return the busy state of the sender, which lasts for a time from the first read after a write."""
        now = utime.ticks_us()
        if self._asked_us is None:
            self._asked_us = now
        return 5 << 16 if utime.ticks_diff(now, self._asked_us) < _LEAVES_US else 0

    def _clock_hz(self) -> int:
        word = self._words[self._source_at]
        if self._source_at == 0x20:
            return self._bus_hz if word >> 27 & 1 else 1_000_000
        source = {1: self._bus_hz, 2: 17_500_000, 3: 40_000_000}.get(word >> 20 & 3, 0)
        return source // ((word >> 12 & 0xFF) + 1)

    def baud(self) -> int:
        """Bit/s by clock source and divisor."""
        divisor = (self._words[0x14] & ((1 << self._whole_bits) - 1)) * 16 + (self._words[0x14] >> 20 & 15)
        return self._clock_hz() * 16 // divisor if divisor else 0
