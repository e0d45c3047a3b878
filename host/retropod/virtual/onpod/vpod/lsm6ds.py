"""LSM6DSO32, LSM6DSO and LSM6DSOX as a register file with the FIFO behind it.

Ref: ST data sheets LSM6DSO32 and LSM6DSO, application notes AN5473 (DSO32) and AN5192 (DSO).
Not modelled: interrupts on pins but wake-up on INT1, filters beyond the source's low-pass, FIFO compression, embedded
functions.
"""

import struct

from micropython import const

from vpod.faults import Faults
from vpod.fifo import DEPTH, Fifo
from vpod.fifostats import FifoStats
from vpod.motion import Motion
from vpod.wave import SAMPLE_BYTES, WINDOW

_FIFO_CTRL1 = const(0x07)
_FIFO_CTRL2 = const(0x08)
_FIFO_CTRL3 = const(0x09)
_FIFO_CTRL4 = const(0x0A)
_WHO_AM_I = const(0x0F)
_CTRL1_XL = const(0x10)
_CTRL2_G = const(0x11)
_CTRL3_C = const(0x12)
_CTRL5_C = const(0x14)
_CTRL8_XL = const(0x17)
_CTRL9_XL = const(0x18)
_CTRL10_C = const(0x19)
_WAKE_UP_SRC = const(0x1B)
_STATUS_REG = const(0x1E)
_OUT_TEMP_L = const(0x20)
_OUTX_L_G = const(0x22)
_OUTX_L_A = const(0x28)
_OUTZ_H_A = const(0x2D)
_FIFO_STATUS1 = const(0x3A)
_FIFO_STATUS2 = const(0x3B)
_TIMESTAMP0 = const(0x40)
_TIMESTAMP2 = const(0x42)
_TIMESTAMP3 = const(0x43)
_TAP_CFG2 = const(0x58)
_WAKE_UP_THS = const(0x5B)
_WAKE_UP_DUR = const(0x5C)
_MD1_CFG = const(0x5E)
_INTERNAL_FREQ_FINE = const(0x63)
_FIFO_DATA_OUT_TAG = const(0x78)
_FIFO_DATA_OUT_Z_H = const(0x7E)

_SW_RESET = const(0x01)
_IF_INC = const(0x04)
_BOOT = const(0x80)
_TIMESTAMP_EN = const(0x20)
_STOP_ON_WTM = const(0x80)
_INTERRUPTS_ENABLE = const(0x80)
_WAKE_THS_W = const(0x10)
_WU_IA = const(0x08)
_INT1_WU = const(0x20)
_SELF_TEST = const(0x0F)
_FIFO_WTM_IA = const(0x80)
_FIFO_OVR_IA = const(0x40)
_FIFO_FULL_IA = const(0x20)
_FIFO_OVR_LATCHED = const(0x08)

_MODE_BYPASS = const(0)
_MODE_FIFO = const(1)

_TAG_GYRO = const(0x01)
_TAG_ACCEL = const(0x02)

_BASE_HZ = 6667.0  # all rates are this over a power of two
_FINE_STEP = 0.0015  # INTERNAL_FREQ_FINE, per LSB
_TICK_US = 25.0  # TIMESTAMP, per LSB

_ACC_G = {  # g per LSB by code FS_XL
    "lsm6dso32": (0.122e-3, 0.976e-3, 0.244e-3, 0.488e-3),  # 4, 32, 8, 16 g
    "lsm6dso": (0.061e-3, 0.488e-3, 0.122e-3, 0.244e-3),  # 2, 16, 4, 8 g
    "lsm6dsox": (0.061e-3, 0.488e-3, 0.122e-3, 0.244e-3),
}
_GYR_DPS = (8.75e-3, 4.375e-3, 17.5e-3, 4.375e-3, 35e-3, 4.375e-3, 70e-3, 4.375e-3)  # by FS_G and FS_125
_DEFAULTS = ((_CTRL3_C, _IF_INC), (_CTRL9_XL, 0xE0), (_WHO_AM_I, 0x6C))
_WRITABLE = ((0x01, 0x02), (0x04, 0x04), (0x07, 0x0E), (0x10, 0x19), (0x56, 0x5F), (0x73, 0x75))


class Lsm6ds:
    """One chip on the bus: `read_into` and `write` are I2C transactions that were addressed to it."""

    KINDS = tuple(_ACC_G)
    IDENTITY = _WHO_AM_I
    PACKING = "<hhh"
    FULL = 32767

    def __init__(self, config: dict, faults: list, clock, control, scene) -> None:
        self.faults = Faults(faults, clock, control, scene, self)
        self._clock = clock
        self._scene = scene
        self._acc_g = _ACC_G[config["kind"]]
        self._who_am_i = config["who_am_i"]
        error = config["odr_error"]
        self._rate_hz = _BASE_HZ * (1 + error)
        fine = error if config["freq_fine"] is None else config["freq_fine"]
        self._freq_fine = max(-128, min(127, round(fine / _FINE_STEP))) & 0xFF
        self._temperature = struct.pack("<h", int((config["temperature_c"] - 25.0) * 256))
        self._accel_first = config["accel_first"]
        self._fifo = Fifo()
        self.stats = FifoStats(clock)
        self._waves = {}
        self.power_on()

    # -- power and configuration

    def power_on(self) -> None:
        """The state after power comes back: registers at their defaults, FIFO empty, everything off."""
        self._regs = bytearray(128)
        self._motion = Motion()
        self._timestamp_us = 0
        self._fifo.clear()
        self._reset()

    def _reset(self) -> None:
        for first, last in _WRITABLE:
            for register in range(first, last + 1):
                self._regs[register] = 0
        for register, value in _DEFAULTS:
            self._regs[register] = value
        self._regs[_WHO_AM_I] = self._who_am_i
        self._regs[_INTERNAL_FREQ_FINE] = self._freq_fine
        self._configure()
        self._fifo.clear()

    def _rate(self, code: int) -> float:
        """True rate in Hz of an ODR or BDR code 1..10, 0.0 for off (the low-power codes are not modelled)."""
        return self._rate_hz / (1 << (10 - code)) if 1 <= code <= 10 else 0.0

    def _configure(self) -> None:
        """Apply the control registers, and restart the slots of the FIFO."""
        regs = self._regs
        self._acc = (self._rate(regs[_CTRL1_XL] >> 4), self._acc_g[(regs[_CTRL1_XL] >> 2) & 3])
        self._gyr = (self._rate(regs[_CTRL2_G] >> 4), _GYR_DPS[(regs[_CTRL2_G] >> 1) & 7])
        if self._acc[0] and regs[_TAP_CFG2] & _INTERRUPTS_ENABLE and regs[_WAKE_UP_THS] & 63:
            # the threshold counts in 1/64 of full scale, or in 1/256
            step = 128 if regs[_WAKE_UP_DUR] & _WAKE_THS_W else 512
            self._motion.arm((regs[_WAKE_UP_THS] & 63) * step)
        else:
            self._motion.disarm()
        self._mode = regs[_FIFO_CTRL4] & 7
        acc_hz = min(self._acc[0], self._rate(regs[_FIFO_CTRL3] & 15))
        gyr_hz = min(self._gyr[0], self._rate(regs[_FIFO_CTRL3] >> 4))
        self._slot_hz = max(acc_hz, gyr_hz) if self._mode != _MODE_BYPASS else 0.0
        self._batched = []  # (tag, element, one word every so many slots, samples a slot)
        if self._slot_hz:
            for tag, element, batch_hz, odr in (
                (_TAG_GYRO, "gyr", gyr_hz, self._gyr[0]),
                (_TAG_ACCEL, "acc", acc_hz, self._acc[0]),
            ):
                if batch_hz:
                    self._batched.append((tag, element, round(self._slot_hz / batch_hz), round(odr / self._slot_hz)))
        self.stats.fills(bool(self._batched))
        self._slot = self._slot_now() + 1
        if self._accel_first:
            self._batched.reverse()
        alike = all(every == 1 for _, _, every, _ in self._batched)
        self._at_once = WINDOW // max([1] + [step for _, _, _, step in self._batched]) if alike else 1
        self._seen = [-1 << 60, -1 << 60]  # newest sample read from the output registers: gyr, acc

    def _wave(self, element: str):
        setting = self._gyr if element == "gyr" else self._acc
        held = self._waves.get(element)
        if held is None or held[0] != setting:
            if held:
                held[1].close()
            held = self._waves[element] = (setting, self._scene.wave(element, setting[0], setting[1]))
        return held[1]

    # -- FIFO

    def _slot_now(self) -> int:
        return self._scene.sample_number(self._clock.true_us(), self._slot_hz)

    def _produce(self) -> None:
        """Bring the FIFO up to now. What would be overwritten at once, or finds no place, is not made."""
        self.faults.due()
        if not self._batched:
            return
        due = self._slot_now() + 1 - self._slot
        if due <= 0:
            return
        room = self._room()
        if due <= room:
            self._fill(due)
            return
        self._fifo.overflow()
        held = 0 if self._mode == _MODE_FIFO else -(-self._fifo.count // len(self._batched))
        self.stats.overran(held + due - room)
        if self._mode == _MODE_FIFO:
            self._fill(room)
            self._slot += due - room
        else:
            self._fifo.count = 0
            self._slot += due - room
            self._fill(room)

    def _room(self) -> int:
        """Return the number of slots with room: the whole FIFO in continuous mode, the free part in FIFO mode."""
        width = len(self._batched)
        if self._mode != _MODE_FIFO:
            return DEPTH // width
        depth = DEPTH
        if self._regs[_FIFO_CTRL2] & _STOP_ON_WTM:
            depth = min(DEPTH, self._watermark()) or DEPTH
        return max(0, depth - self._fifo.count) // width

    def _watermark(self) -> int:
        return self._regs[_FIFO_CTRL1] | (self._regs[_FIFO_CTRL2] & 1) << 8

    def _fill(self, slots: int) -> None:
        while slots > 0:
            several = min(slots, self._at_once)
            self._fill_slots(several)
            slots -= several

    def _fill_slots(self, slots: int) -> None:
        """Make the words of the next slots; more than one only if every slot has the same words."""
        fifo = self._fifo
        words = [b for b in self._batched if self._slot % b[2] == 0]
        width = len(words)
        place = 0
        for tag, element, _every, step in words:
            index = self._scene.source_index(self._slot * step, self._slot_hz * step)
            wave = self._wave(element)
            offset = wave.at(index, (slots - 1) * step + 1)
            fifo.put(tag, self._slot, slots, place, width, wave.window, offset, step * SAMPLE_BYTES)
            place += 1
        self._slot += slots
        if self.faults.altering or self._regs[_CTRL5_C] & _SELF_TEST:
            self.faults.alter_words(fifo.ring, fifo.head + fifo.count, slots * width)
        excess = fifo.count + slots * width - DEPTH
        if excess > 0:
            self.stats.overran(-(-excess // width))
        fifo.added(slots * width)

    def slots_in(self, seconds: float) -> int:
        """Slots of the FIFO that pass in so long, rounded up."""
        return int(self._slot_hz * seconds) + 1

    def drop(self, slots: int) -> None:
        """Block the bus until `slots` slots have been overwritten (fault injection)."""
        self._produce()
        if self._slot_hz:
            last = self._slot + self._room() - self._fifo.count // len(self._batched) + slots - 1
            self._clock.spend_us(int((last + 0.5) * 1e6 / self._slot_hz) - self._clock.true_us())

    def detune(self, error: float) -> None:
        """The oscillator is off by `error` from now on (fault injection)."""
        self._produce()
        counter = self._slot & 3
        self._rate_hz = _BASE_HZ * (1 + error)
        self._configure()
        self._slot += (counter - self._slot) & 3  # the slots' counter knows nothing of it

    def _fifo_into(self, buf) -> None:
        self.stats.read()
        self._fifo.read_into(buf)
        if self._batched and not self._fifo.count:
            self._scene.drained(self._clock.true_us())

    # -- transactions

    def read_into(self, register: int, buf) -> None:
        """Fill `buf` from `register` on. The address increments if IF_INC is set."""
        self._produce()
        if self.faults.read_into(register, buf):
            return
        if register == _FIFO_DATA_OUT_TAG and self._regs[_CTRL3_C] & _IF_INC:
            self._fifo_into(buf)
            return
        increment = 1 if self._regs[_CTRL3_C] & _IF_INC else 0
        self._refresh(register, register + len(buf) * increment)
        for place in range(len(buf)):
            buf[place] = self._regs[register]
            self._was_read(register)
            register = _FIFO_DATA_OUT_TAG if register == _FIFO_DATA_OUT_Z_H else (register + increment) & 0x7F

    def write(self, register: int, data) -> None:
        """Write `data` from `register` on."""
        self._produce()
        if self.faults.swallows_write():
            return
        increment = 1 if self._regs[_CTRL3_C] & _IF_INC else 0
        for value in data:
            self._write(register & 0x7F, value)
            register += increment

    def _write(self, register: int, value: int) -> None:
        if register == _TIMESTAMP2 and value == 0xAA:
            self._timestamp_us = self._clock.true_us()
            return
        if not any(first <= register <= last for first, last in _WRITABLE):
            return
        if register == _CTRL3_C and value & (_SW_RESET | _BOOT):
            self._reset()
            return
        self._regs[register] = value
        if register in (_CTRL1_XL, _CTRL2_G, _FIFO_CTRL3, _FIFO_CTRL4, _TAP_CFG2, _WAKE_UP_THS, _WAKE_UP_DUR):
            self._configure()
            if self._mode == _MODE_BYPASS:
                self._fifo.clear()
            elif self._batched:
                self._scene.begin()
                self._slot = self._slot_now() + 1
        elif register == _CTRL10_C and value & _TIMESTAMP_EN:
            self._timestamp_us = self._clock.true_us()

    def _was_read(self, register: int) -> None:
        if register == _FIFO_STATUS2:
            self._fifo.latched = False
        elif register == _WAKE_UP_SRC:
            self._motion.take()
        elif register == _OUTZ_H_A:
            self._seen[1] = self._newest(self._acc[0])
        elif register == _OUTX_L_A - 1:
            self._seen[0] = self._newest(self._gyr[0])
        elif register == _FIFO_DATA_OUT_Z_H:
            self._fifo_into(bytearray(len(self._fifo.oldest())))
            self._show_word()

    def _newest(self, rate_hz: float) -> int:
        return self._scene.sample_number(self._clock.true_us(), rate_hz) if rate_hz else -1 << 60

    def _refresh(self, first: int, last: int) -> None:
        """Bring the output and status registers between `first` and `last` up to now."""
        if first <= _OUTZ_H_A and last >= _WAKE_UP_SRC:
            self._refresh_output()
        if first <= _TIMESTAMP3 and last >= _FIFO_STATUS1:
            self._refresh_fifo_status()
            self._refresh_timestamp()
        if last >= _FIFO_DATA_OUT_TAG:
            self._show_word()

    def _show_word(self) -> None:
        self._regs[_FIFO_DATA_OUT_TAG : _FIFO_DATA_OUT_Z_H + 1] = self._fifo.oldest()

    def _refresh_output(self) -> None:
        regs = self._regs
        fresh = 0
        gyr = self._newest(self._gyr[0])
        acc = self._newest(self._acc[0])
        if self._gyr[0]:
            regs[_OUTX_L_G : _OUTX_L_G + 6] = self._wave("gyr").triplet(self._scene.source_index(gyr, self._gyr[0]))
            fresh |= 2 if gyr > self._seen[0] else 0
        if self._acc[0]:
            regs[_OUTX_L_A : _OUTX_L_A + 6] = self._wave("acc").triplet(self._scene.source_index(acc, self._acc[0]))
            fresh |= 1 if acc > self._seen[1] else 0
        if fresh:
            regs[_OUT_TEMP_L : _OUT_TEMP_L + 2] = self._temperature
            fresh |= 4
            self.faults.alter_output(regs, _OUTX_L_G, _OUTX_L_A)
            self._motion.feel(struct.unpack_from("<hhh", regs, _OUTX_L_A))
        regs[_STATUS_REG] = fresh
        regs[_WAKE_UP_SRC] = _WU_IA if self._motion.seen else 0

    def _refresh_fifo_status(self) -> None:
        fifo = self._fifo
        mark = self._watermark()
        flags = _FIFO_WTM_IA if mark and fifo.count >= mark else 0
        flags |= _FIFO_OVR_IA if fifo.overrun else 0
        flags |= _FIFO_FULL_IA if self._batched and fifo.count + len(self._batched) >= DEPTH else 0
        flags |= _FIFO_OVR_LATCHED if fifo.latched else 0
        self._regs[_FIFO_STATUS1] = fifo.count & 0xFF
        self._regs[_FIFO_STATUS2] = flags | fifo.count >> 8

    def _refresh_timestamp(self) -> None:
        ticks = 0
        if self._regs[_CTRL10_C] & _TIMESTAMP_EN:
            ticks = int((self._clock.true_us() - self._timestamp_us) * self._rate_hz / _BASE_HZ / _TICK_US)
        self._regs[_TIMESTAMP0 : _TIMESTAMP0 + 4] = struct.pack("<I", ticks & 0xFFFFFFFF)

    def interrupt(self) -> int:
        """Level of INT1."""
        self._refresh_output()
        return 1 if self._motion.seen and self._regs[_MD1_CFG] & _INT1_WU else 0

    # -- across a restart of the processor

    def state(self) -> dict:
        """Return the state of the chip for `restore`."""
        held = {"regs": self._regs.hex(), "fifo": self._fifo.state(), "timestamp_us": self._timestamp_us}
        if self._batched:
            held["slot"] = self._slot
        return held

    def restore(self, state: dict) -> None:
        """Be what `state` says."""
        self._regs[:] = bytes.fromhex(state["regs"])
        self._configure()
        self._fifo.restore(state["fifo"])
        self._slot = state.get("slot", self._slot)
        self._timestamp_us = state["timestamp_us"]

    # -- what self-test adds

    def self_test_counts(self, element: str):
        """Counts that the self-test adds to the axes of `element`, None if off: within the data sheet's limits."""
        bits = self._regs[_CTRL5_C]
        if element == "acc":
            sign, step = {1: 1, 2: -1}.get(bits & 3, 0), 0.4 / self._acc[1]  # 50 to 1700 mg
        else:
            sign, step = {1: 1, 3: -1}.get((bits >> 2) & 3, 0), 400.0 / self._gyr[1]  # 150 to 700 dps at 2000 dps
        return (sign * int(step),) * 3 if sign else None
