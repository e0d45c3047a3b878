"""What the pod does by itself: when it records, when it sleeps, what its light says. Decisions only: no pin, no clock.

Its owner (life.py) sets the attributes to what is so, and asks `step` what is to be done.
"""

from micropython import const

# Numbers of the schema's `state` enum.
IDLE = const(0)
ARMED = const(1)
RECORDING = const(2)
FULL = const(3)
LOW_BATTERY = const(4)
CHARGING = const(5)
SENSOR_MISSING = const(6)

# What is to be done.
NOTHING = const(0)
START = const(1)  # strides have come; `strides` of them are to be kept
START_BY_BUTTON = const(2)
LAP = const(3)
STOP = const(4)  # the foot has been still for long
STOP_BY_BUTTON = const(5)
STOP_LOW = const(6)
SLEEP = const(7)

_STRIDES = const(6)  # in a row: somebody walks
_APART_MS = const(4000)  # strides farther apart are not in a row
_PAUSE_MS = const(15_000)  # without a stride: then a run that was ended does not begin again on the way home
_LONG_MS = const(1500)  # a button held for so long means stop, or sleep
_AWAKE_MS = const(10_000)  # after a button or a shake has woken it

# Sixteen eighths of a second, the first in the lowest bit, by state; see docs/hardware.md.
_LIGHT = b"\x01\x00\x05\x00\x0f\x00\xaf\x00\x15\x00\xff\x7f\x55\x55"
_SLOT_MS = const(125)
_SLOTS = const(16)
# Eight of them, by the schema's `direction`: unknown, forward, backward, to the left, to the right.
_CUE = b"\x00\x0f\x05\x15\x15"
_CUE_MS = const(1000)


class Power:
    """`battery_mv`: smoothed, 0: there is none. `strides`: in a row until now."""

    def __init__(self, auto: bool, stop_s: int, sleep_s: int):
        """`auto`: record when strides come; `stop_s`, `sleep_s`: how long without one ends that, and the day."""
        # what is so
        self.recording = False
        self.by_host = False  # the run: whoever began it at a cable ends it there
        self.full = False
        self.present = True  # a sensor
        self.host = False  # it streams, or has spoken in the last half minute
        self.powered = False  # from outside
        self.moving = False
        self.can_sleep = False  # it would wake again, and the user lets it
        self.battery_mv = 0
        self.low = False  # so says battery.py
        self.low_looks = 0
        self.strides = 0
        self._auto = auto
        self._stop_ms = stop_s * 1000
        self._sleep_ms = sleep_s * 1000
        self._stride_ms = _APART_MS  # since the last one
        self._quiet_ms = 0  # since a stride, a button, a host, power from outside
        self._limit_ms = self._sleep_ms
        self._moved = False  # in this run
        self._paused = True  # since the last run
        self._down = True  # until it has been seen up: a button that hangs is none
        self._held_ms = _LONG_MS
        self._phase_ms = 0
        self._direction = 0
        self._cue = 0
        self._cue_ms = 0

    # -- what happens

    def stride(self, direction: int) -> None:
        """A stride has been measured; `direction`: a number of the schema's enum."""
        self.strides = self.strides + 1 if self._stride_ms < _APART_MS else 1
        self._stride_ms = 0
        self._moved = True
        self._rouse()
        if direction:
            if self._direction and self._direction != direction:
                self._cue = _CUE[direction] if direction < len(_CUE) else 0
                self._cue_ms = _CUE_MS
            self._direction = direction

    def woke(self) -> None:
        """A button or a shake has ended its sleep."""
        self._quiet_ms = self._phase_ms = self.strides = 0
        self._limit_ms = _AWAKE_MS
        self._stride_ms = _APART_MS
        self._down = True  # that press was for waking
        self._held_ms = _LONG_MS

    # -- what follows

    def step(self, elapsed_ms: int, down: bool) -> int:
        """What is to be done now. `down`: the button is; a press counts when it ends, a long one while it lasts."""
        self._stride_ms += elapsed_ms
        self._quiet_ms += elapsed_ms
        self._phase_ms = (self._phase_ms + elapsed_ms) % (_SLOT_MS * _SLOTS)
        self._cue_ms -= min(elapsed_ms, self._cue_ms)
        if self.host or self.powered:
            self._rouse()
        if self.recording:
            self._paused = False
        else:
            self._moved = False
            self._paused = self._paused or self._stride_ms >= _PAUSE_MS
        pressed = self._press(elapsed_ms, down)
        if self.recording:
            return self._while_recording(pressed)
        return self._while_idle(pressed)

    def state(self) -> int:
        """A number of the schema's `state` enum."""
        if self.recording:
            return RECORDING
        if not self.present:
            return SENSOR_MISSING
        if self.low:
            return LOW_BATTERY
        if self.full:
            return FULL
        if self.powered:
            return CHARGING
        return ARMED if self._auto else IDLE

    def lit(self) -> bool:
        """Whether the state's light is on at this moment."""
        slot = self._phase_ms // _SLOT_MS
        return _LIGHT[2 * self.state() + slot // 8] >> slot % 8 & 1 == 1

    def cue(self) -> int:
        """The direction has just changed: 1 for a light or a tone now, 0 for a pause in it. -1: nothing to tell."""
        if self._cue_ms <= 0:
            return -1
        return self._cue >> (_CUE_MS - self._cue_ms) // _SLOT_MS & 1

    # ----------------------------------------------------------------------------------------------

    def _while_recording(self, pressed: int) -> int:
        if self.low:
            return STOP_LOW
        if pressed:
            return LAP if pressed < _LONG_MS else STOP_BY_BUTTON
        if self._moved and not self.by_host and self._stride_ms >= self._stop_ms:
            return STOP
        return NOTHING

    def _while_idle(self, pressed: int) -> int:
        able = not self.full and not self.low
        if pressed and pressed < _LONG_MS:
            return START_BY_BUTTON if able else NOTHING
        if able and self._auto and self.present and not self.host and self._walking():
            self._moved = True
            return START
        due = pressed or self._quiet_ms >= (_AWAKE_MS if self.low else self._limit_ms)
        if due and self.present and self.can_sleep and not (self.host or self.powered or self.moving):
            return SLEEP
        return NOTHING

    def _walking(self) -> bool:
        return self._paused and self.strides >= _STRIDES and self._stride_ms < _APART_MS

    def _press(self, elapsed_ms: int, down: bool) -> int:
        """For how long the button has been pressed, once; 0 otherwise."""
        held_ms = self._held_ms
        if not down:
            ended = self._down and 0 < held_ms < _LONG_MS
            self._down = False
            self._held_ms = 0
            return self._told(held_ms) if ended else 0
        self._held_ms = min(_LONG_MS, held_ms + elapsed_ms) if self._down else 0
        self._down = True
        return self._told(_LONG_MS) if held_ms < _LONG_MS <= self._held_ms else 0

    def _told(self, held_ms: int) -> int:
        self._rouse()
        return held_ms

    def _rouse(self) -> None:
        self._quiet_ms = 0
        self._limit_ms = self._sleep_ms
