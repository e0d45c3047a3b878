"""Faults of a sensor during operation, on a schedule or by an order of the host.

Each fault is a dict: `kind`, optionally `at_s` (of the source), `for_ms`, and the fields of the kind:
    nack            the chip does not answer; `count` transactions, or for_ms
    stuck           the bus is stuck, `level` 1: every byte reads 0xFF, 0: the transfer times out; for_ms
    brownout        the chip loses power for an instant: registers at their defaults, FIFO empty
    overrun         the bus is held until the FIFO has overflowed by `slots` samples, or by the samples of `lost_s`
    stuck_axis      `axis` (0..5: ax ay az gx gy gz) keeps `value`; for_ms
    saturated_axis  `axis` reads full scale with its sign; for_ms
    who_am_i        identifies itself as `value`; for_ms
    held            holds the data line low until the clock line has been pulsed nine times, like a transfer that
                    was interrupted in the middle of a byte
    oscillator      runs off by `error` (0.1 is 10 % fast)
    self_test       moves by `scale` of the correct distance in its self-test
"""

import errno
import struct

from micropython import const

from vpod.fifo import DEPTH, WORD

_FOR_EVER_US = const(1 << 60)
_CLOCKS = const(9)  # a byte and its acknowledgement
_TAG_GYRO = const(0x01)
_TAG_ACCEL = const(0x02)


class Faults:
    """The faults of one chip, pending and active.

    `chip` has `IDENTITY` (its register), `PACKING` and `FULL` (three axes of one element, and their largest reading),
    and the methods power_on(), slots_in(), drop(), detune() and self_test_counts().
    """

    def __init__(self, scheduled: list, clock, control, scene, chip) -> None:
        self._pending = sorted(scheduled, key=lambda fault: fault.get("at_s", 0))
        self._active = []  # (end_us, fault)
        self._nacks = 0
        self._clocks_to_go = 0
        self.self_test_scale = 1.0
        self._clock = clock
        self._scene = scene
        self._chip = chip
        self.altering = False
        control.on("fault", lambda message: self._begin(message["fault"]))

    def due(self) -> None:
        """Begin the faults that are due and end those that are over."""
        if not self._pending and not self._active:
            return
        now = self._clock.true_us()
        while self._pending and self._is_due(self._pending[0], now):
            self._begin(self._pending.pop(0))
        if self._active:
            self._active = [entry for entry in self._active if entry[0] > now]
            self._note()

    def _is_due(self, fault: dict, now: int) -> bool:
        start = self._scene.start_us
        return start is not None and now - start >= fault.get("at_s", 0) * 1e6

    def _begin(self, fault: dict) -> None:
        kind = fault["kind"]
        if kind == "brownout":
            self._chip.power_on()
        elif kind == "overrun":
            self._chip.drop(fault["slots"] if "slots" in fault else self._chip.slots_in(fault["lost_s"]))
        elif kind == "held":
            self._clocks_to_go = _CLOCKS
        elif kind == "oscillator":
            self._chip.detune(fault["error"])
        elif kind == "self_test":
            self.self_test_scale = fault["scale"]
        elif kind == "nack" and "count" in fault:
            self._nacks += fault["count"]
        else:
            duration = fault.get("for_ms")
            end = _FOR_EVER_US if duration is None else self._clock.true_us() + duration * 1000
            self._active.append((end, fault))
            self._note()

    def _note(self) -> None:
        self.altering = bool(self._altered_axes())

    def _altered_axes(self) -> list:
        return [fault for _, fault in self._active if fault["kind"].endswith("_axis")]

    def _find(self, kind: str):
        for _, fault in self._active:
            if fault["kind"] == kind:
                return fault
        return None

    def acknowledges(self) -> bool:
        """False if the chip leaves this transaction unanswered."""
        self.due()
        if self._nacks:
            self._nacks -= 1
            return False
        if self.holds_data():
            raise OSError(errno.ETIMEDOUT)
        return self._find("nack") is None

    def holds_data(self) -> bool:
        """True while the data line stays low whatever the controller does."""
        stuck = self._find("stuck")
        return self._clocks_to_go > 0 or (stuck is not None and not stuck["level"])

    def clocked(self) -> None:
        """The clock line was pulsed by hand."""
        self.due()
        self._clocks_to_go = max(0, self._clocks_to_go - 1)

    def read_into(self, register: int, buf) -> bool:
        """Answer in the chip's place if a fault does; True if it did."""
        if self._find("stuck"):
            for place in range(len(buf)):
                buf[place] = 0xFF
            return True
        other = self._find("who_am_i")
        if other is not None and register == self._chip.IDENTITY and len(buf) == 1:
            buf[0] = other["value"]
            return True
        return False

    def swallows_write(self) -> bool:
        """True if a write goes nowhere."""
        return self._find("stuck") is not None

    def alter_words(self, ring, begin: int, count: int) -> None:
        """Apply the active faults to `count` FIFO words from word `begin` on."""
        for offset in range(count):
            at = (begin + offset) % DEPTH * WORD
            tag = ring[at] >> 3
            if tag in (_TAG_GYRO, _TAG_ACCEL):
                self.alter(ring, at + 1, "gyr" if tag == _TAG_GYRO else "acc")

    def alter_output(self, regs, gyro_at: int, accel_at: int) -> None:
        """The same for the output registers."""
        self.alter(regs, gyro_at, "gyr")
        self.alter(regs, accel_at, "acc")

    def alter(self, buf, at: int, element: str) -> None:
        """The same for one reading of `element` at `at`."""
        packing, full = self._chip.PACKING, self._chip.FULL
        values = list(struct.unpack_from(packing, buf, at))
        added = self._chip.self_test_counts(element)
        if added:
            scale = self.self_test_scale
            values = [max(-full - 1, min(full, values[i] + int(added[i] * scale))) for i in range(3)]
        for fault in self._altered_axes():
            axis = fault["axis"] - (3 if element == "gyr" else 0)
            if 0 <= axis < 3:
                values[axis] = self._faulty(fault, values[axis])
        struct.pack_into(packing, buf, at, *values)

    def _faulty(self, fault: dict, value: int) -> int:
        if fault["kind"] == "stuck_axis":
            return fault.get("value", 0)
        full = self._chip.FULL
        return full if value >= 0 else -full - 1
