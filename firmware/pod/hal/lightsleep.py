"""Light sleep, as far as the chip can be woken from it. Loaded for a night; board.py lends it the hardware.

The ESP32 and ESP32-S3 wake at once when a pin has its level. On a C3 stock MicroPython v1.26.1 knows no pin that wakes
it, and on any board a pin may be wired that cannot: then the clock wakes it, and it looks.
"""

from micropython import const

# columns of boards.py
_BUTTON = const(6)
_WAKE = const(10)


class LightSleep:
    """`machine`, `esp32`, `pins`: what `board.lent` returns."""

    def __init__(self, machine, esp32, pins):
        self._machine = machine
        self._esp32 = esp32
        self._pins = pins

    def step(self, ms: int) -> bool:
        """Sleep for so long at most. True when the sensor or the button wants to be heard."""
        machine = self._machine
        self._arm()
        machine.lightsleep(ms)
        # sleep has lent them to the real-time clock: they are taken back before they are read
        wake = self._pin(_WAKE, machine.Pin.PULL_DOWN)
        button = self._pin(_BUTTON, machine.Pin.PULL_UP)
        return (wake is not None and wake.value() == 1) or (button is not None and button.value() == 0)

    def _arm(self) -> None:
        esp32 = self._esp32
        wake = self._pin(_WAKE, self._machine.Pin.PULL_DOWN)
        button = self._pin(_BUTTON, self._machine.Pin.PULL_UP)
        try:
            if wake is not None and hasattr(esp32, "wake_on_ext0"):
                esp32.wake_on_ext0(wake, esp32.WAKEUP_ANY_HIGH)
            if button is not None and hasattr(esp32, "wake_on_ext1"):
                esp32.wake_on_ext1((button,), esp32.WAKEUP_ALL_LOW)
        except ValueError:
            pass  # a pin that cannot wake

    def _pin(self, column: int, pull: int):
        try:
            number = self._pins[column]
            return self._machine.Pin(number, self._machine.Pin.IN, pull) if number >= 0 else None
        except ValueError:
            return None  # a pin that this chip does not have
