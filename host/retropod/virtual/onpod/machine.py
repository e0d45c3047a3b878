"""Stand-in for `machine`: pins, I2C with the chips behind it, identity and resets, as on the ESP32."""

import errno

import utime
from micropython import const
from vpod import bench, board

PWRON_RESET = const(1)
HARD_RESET = const(2)
WDT_RESET = const(3)
DEEPSLEEP_RESET = const(4)
SOFT_RESET = const(5)

_EPOCH_S = const(946_684_800)  # 2000-01-01 in Unix time: where the calendar clock begins
_TRANSACTION_US = const(147)  # measured on an ESP32 with MicroPython: time of one I2C transaction without bus time


class _Mem32:
    """Registers by address; those of the console's UART are modelled."""

    def __getitem__(self, address: int) -> int:
        return bench.uart()[address]

    def __setitem__(self, address: int, word: int) -> None:
        bench.uart()[address] = word


mem32 = _Mem32()


def reset_cause() -> int:
    return board.config["reset_cause"]


def unique_id() -> bytes:
    return bytes.fromhex(board.config["unique_id"])


def reset() -> None:
    bench.reset()


def soft_reset() -> None:
    raise SystemExit


def freq(hz=None):
    return 240_000_000


def idle() -> None:
    board.clock.sleep_us(1000)


_DOZE_STEP_US = const(50_000)
_DOZE_LONG_US = const(2_000_000)


def lightsleep(duration_ms: int = 0) -> None:
    """Sleep until the time is over or a wake pin has its level. Input during the sleep is lost, as on a board."""
    begin_us = board.clock.true_us()
    end_us = begin_us + duration_ms * 1000
    woken = None
    while woken is None and (not duration_ms or board.clock.true_us() < end_us):
        board.clock.sleep_us(_DOZE_STEP_US)
        bench.forget_input()
        woken = _woken()
    if woken or begin_us - board.slept_us > _DOZE_LONG_US:
        board.control.send("doze", woken=woken)  # one of many in a row is enough to see
    board.slept_us = board.clock.true_us()


def _woken():
    for name, (pins, level) in board.wake.items():
        if any(pin.value() == level for pin in pins):
            return name
    return None


def deepsleep(duration_ms: int = 0) -> None:
    board.clock.sleep_us(duration_ms * 1000)
    reset()


def disable_irq() -> int:
    return 0


def enable_irq(state: int) -> None:
    pass


_NO_PINS = (24, 28, 29, 30, 31)  # of an ESP32
_FIRST_INPUT_ONLY = const(34)
_written = {}  # last level that the firmware gave a pin, by number


def _show(number: int, level: int) -> None:
    """A level that the firmware gives a pin; the host hears of those that it watches."""
    if number in board.config["watched"] and level != _written.get(number):
        board.control.send("pin", pin=number, level=level)
    _written[number] = level


def bitstream(pin, encoding: int, timing, data) -> None:
    """An addressable LED: it shines unless all is zero."""
    _show(pin.number, 1 if any(data) else 0)


class PWM:
    """A pin that swings: on, or off at no duty."""

    def __init__(self, dest, freq: int = 5000, duty_u16: int = 32768) -> None:
        _show(dest.number, 1 if duty_u16 else 0)


class Pin:
    """A pin. Its level comes from the configuration (`pins`), the last write, or a pull."""

    IN = const(1)
    OUT = const(3)
    OPEN_DRAIN = const(7)
    PULL_UP = const(2)
    PULL_DOWN = const(1)

    def __init__(self, number, mode: int = -1, pull=None, value=None) -> None:
        if number in _NO_PINS or not 0 <= number < 40:
            raise ValueError("invalid pin")
        while number in board.config.get("deadly", ()):
            utime.sleep_ms(100)
        if number >= _FIRST_INPUT_ONLY and mode in (Pin.OUT, Pin.OPEN_DRAIN):
            raise ValueError("pin can only be input")
        self.number = number
        self.init(mode, pull, value)

    def init(self, mode: int = -1, pull=None, value=None) -> None:
        self._mode = mode
        self._idle = 1 if pull == Pin.PULL_UP else 0
        if value is not None:
            self.value(value)

    def value(self, level=None):
        data, clock = board.config["i2c_pins"]
        if level is None:
            if self.number == data and any(chip.faults.holds_data() for chip in board.chips.values()):
                return 0
            if self.number == board.config["int_pin"]:
                return max(chip.interrupt() for chip in board.chips.values())
            return board.config["pins"].get(str(self.number), _written.get(self.number, self._idle))
        if self.number == clock and not level:
            for chip in board.chips.values():
                chip.faults.clocked()
        _show(self.number, 1 if level else 0)
        return None

    __call__ = value

    def on(self) -> None:
        self.value(1)

    def off(self) -> None:
        self.value(0)


class ADC:
    """Analogue input; volts come from the configuration (`adc_volts`)."""

    ATTN_0DB = const(0)
    ATTN_2_5DB = const(1)
    ATTN_6DB = const(2)
    ATTN_11DB = const(3)

    def __init__(self, pin, atten: int = ATTN_11DB) -> None:
        self._number = pin.number if isinstance(pin, Pin) else pin

    def atten(self, attenuation: int) -> None:
        pass

    def read_uv(self) -> int:
        return int(board.config["adc_volts"].get(str(self._number), 0.0) * 1_000_000)

    def read_u16(self) -> int:
        return min(65535, self.read_uv() * 65535 // 3_300_000)

    def read(self) -> int:
        return self.read_u16() >> 4


class WDT:
    """Watchdog: the host counts its time, real time, and resets this processor. As on the ESP32 nothing stops it."""

    def __init__(self, id: int = 0, timeout: int = 5000) -> None:
        self._timeout = timeout
        self.feed()

    def feed(self) -> None:
        board.control.send("watchdog", ms=self._timeout)


class RTC:
    """Calendar clock; not set, as after power-on. It and its memory go on over resets."""

    def datetime(self, parts=None):
        now_us = board.clock.true_us()
        now = utime.gmtime(_EPOCH_S + now_us // 1_000_000)
        return now[:3] + (now[6],) + now[3:6] + (now_us % 1_000_000,)

    def memory(self, data=None):
        if data is None:
            return bytes.fromhex(board.config["rtc_memory"])
        board.config["rtc_memory"] = bytes(data).hex()
        board.control.send("rtc", memory=board.config["rtc_memory"])
        return None


class I2C:
    """I2C controller. The chips hang on the pins that the configuration names (`i2c_pins`: sda, scl)."""

    def __init__(self, id: int = -1, scl=None, sda=None, freq: int = 400_000, timeout: int = 50_000) -> None:
        self._bit_ns = 1_000_000_000 // freq
        self._pointer = 0
        wired = board.config["i2c_pins"]
        asked = [sda.number if sda else wired[0], scl.number if scl else wired[1]]
        self._chips = board.chips if asked == wired else {}

    def init(self, **_settings) -> None:
        pass

    def deinit(self) -> None:
        pass

    def scan(self) -> list:
        return [address for address in range(0x08, 0x78) if self._present(address)]

    def _present(self, address: int) -> bool:
        chip = self._chips.get(address)
        return chip is not None and chip.faults.acknowledges()

    def _chip(self, address: int, size: int):
        """The chip at `address`, after the time that moving `size` bytes takes."""
        chip = self._chips.get(address)
        answers = chip is not None and chip.faults.acknowledges()
        self._size = size if answers else 1
        if not answers:
            self._spend()
            raise OSError(errno.ENODEV)
        return chip

    def _spend(self) -> None:
        board.clock.spend_us(_TRANSACTION_US + self._size * 9 * self._bit_ns // 1000)

    def readfrom_mem_into(self, addr: int, memaddr: int, buf, *, addrsize: int = 8) -> None:
        self._chip(addr, len(buf) + 3).read_into(memaddr, buf)
        self._spend()

    def readfrom_mem(self, addr: int, memaddr: int, nbytes: int, *, addrsize: int = 8) -> bytes:
        buf = bytearray(nbytes)
        self.readfrom_mem_into(addr, memaddr, buf)
        return bytes(buf)

    def writeto_mem(self, addr: int, memaddr: int, buf, *, addrsize: int = 8) -> None:
        self._chip(addr, len(buf) + 2).write(memaddr, buf)
        self._spend()

    def writeto(self, addr: int, buf, stop: bool = True) -> int:
        chip = self._chip(addr, len(buf) + 1)
        if len(buf):
            self._pointer = buf[0]
        if len(buf) > 1:
            chip.write(buf[0], bytes(buf)[1:])
        self._spend()
        return len(buf) + 1

    def readfrom_into(self, addr: int, buf, stop: bool = True) -> None:
        self._chip(addr, len(buf) + 1).read_into(self._pointer, buf)
        self._spend()

    def readfrom(self, addr: int, nbytes: int, stop: bool = True) -> bytes:
        buf = bytearray(nbytes)
        self.readfrom_into(addr, buf)
        return bytes(buf)


class SoftI2C(I2C):
    """The same on any pins, by software."""

    def __init__(self, scl=None, sda=None, *, freq: int = 400_000, timeout: int = 50_000) -> None:
        super().__init__(-1, scl, sda, freq)
