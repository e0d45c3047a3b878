"""What the pod lives on, looked at every few seconds: battery, power from outside, and whether it may sleep.

Loaded for the look. Whoever asks has the hardware lent by board.py; columns of `pins` are those of boards.py.
"""

from micropython import const

from pod.hal import battery

_FREE = const(3)
_LED = const(4)
_BUTTON = const(6)
_BATTERY = const(7)
_RATIO = const(8)
_POWER = const(9)
_WAKE = const(10)
_USB = const(12)
_LOOKS = const(16)  # at a converter that is noisy
_FRAME_MS = const(2)  # a host on USB counts one a millisecond


def wrong_pins(parts) -> str:
    """What is set to a pin that this chip does not have, or that cannot do it; empty when all is well."""
    machine, _, pins = parts.board.lent()
    reads, writes = machine.Pin.IN, machine.Pin.OUT
    wrong = []
    for name, column, mode in (
        ("led_pin", _LED, writes),
        ("button_pin", _BUTTON, reads),
        ("battery_pin", _BATTERY, reads),
        ("power_pin", _POWER, reads),
        ("wake_pin", _WAKE, reads),
    ):
        try:
            pin = machine.Pin(pins[column], mode) if pins[column] >= 0 else None
            if pin and column == _BATTERY:
                machine.ADC(pin)
        except ValueError as error:
            wrong.append("%s %d: %s" % (name, pins[column], error))
    return ", ".join(wrong)


def worth_a_look(parts) -> bool:
    """Whether anything is soldered that could be measured, or sleep is wanted without it."""
    pins = parts.board.lent()[2]
    return max(pins[_BATTERY], pins[_POWER]) >= 0 or pins[_USB] > 0 or parts.settings.get("sleep") == "on"


def look(parts, power) -> None:
    """Tell `power` (a Power) what is so."""
    machine, _, pins = parts.board.lent()
    get = parts.settings.get
    power.powered = powered(machine, pins, parts.board.sleep_ms)
    battery.measured(power, battery_mv(machine, pins), get("low_battery_mv"))
    power.can_sleep = _can_sleep(parts, power, get("sleep"))


def battery_mv(machine, pins) -> int:
    """Voltage of the battery through its divider; 0 when there is none."""
    if pins[_BATTERY] < 0:
        return 0
    try:
        converter = machine.ADC(machine.Pin(pins[_BATTERY]), atten=machine.ADC.ATTN_11DB)
        total = 0
        for _ in range(_LOOKS):
            total += converter.read_uv() // 1000
    except ValueError:
        return 0  # no pin that can measure
    return total * pins[_RATIO] // (_LOOKS * 1000)


def powered(machine, pins, sleep_ms) -> bool:
    """Whether power is seen to come from outside: by a pin, or by a host that counts frames on native USB."""
    try:
        if pins[_POWER] >= 0 and machine.Pin(pins[_POWER], machine.Pin.IN, machine.Pin.PULL_DOWN).value():
            return True
    except ValueError:
        pass  # a pin that this chip does not have
    if pins[_USB] <= 0:
        return False
    frame = machine.mem32[pins[_USB]]
    sleep_ms(_FRAME_MS)
    return machine.mem32[pins[_USB]] != frame


def _can_sleep(parts, power, wish: str) -> bool:
    """Whether it would wake again: never a board on a bench, which has no battery and no wire to wake it."""
    sensor = parts.sampler.sensor
    if wish == "off" or sensor is None or parts.trial.on:
        return False
    # without a gyroscope, sleep would cost the mount of who strolls: only brisk steps clear its doubt
    return wish == "on" or (sensor.gyr_lsb_udps != 0 and power.battery_mv > 0 and _wake_wired(parts.board))


def _wake_wired(board) -> bool:
    """Whether a sensor holds the wake pin low against its pull-up: one that nothing is soldered to reads high."""
    _, _, pins = board.lent()
    return board.low(pins[_WAKE]) and not board.low(pins[_FREE])
