"""Decisions of a pod without a host: when to record and to sleep, and the LED pattern. No pin, no clock.

Its owner, supervisor.py, sets the attributes and executes the action that `step` returns.
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

# Actions.
NOTHING = const(0)
START = const(1)  # the wearer walks; the run includes the last `strides` strides
START_BY_BUTTON = const(2)
LAP = const(3)
STOP = const(4)  # the last stride is long ago
STOP_BY_BUTTON = const(5)
STOP_LOW = const(6)
SLEEP = const(7)

_STRIDES = const(6)  # in a row: the wearer walks
_APART_MS = const(4000)  # longest time between strides in a row
_PAUSE_MS = const(15_000)  # without a stride, until a new run may start: the way home is not a new run
_LONG_MS = const(1500)  # a button press of this length means stop or sleep
_AWAKE_MS = const(10_000)  # time awake after a button or motion has woken the pod

# LED pattern by state: 16 slots of 1/8 s, the first one in the lowest bit. See docs/hardware.md.
_PATTERNS = b"\x01\x00\x05\x00\x0f\x00\xaf\x00\x15\x00\xff\x7f\x55\x55"
_SLOT_MS = const(125)
_SLOTS = const(16)
# Cue of 8 slots by the schema's `direction`: unknown, forward, backward, lateral left, lateral right.
_CUE = b"\x00\x0f\x05\x15\x15"
_CUE_MS = const(1000)


class Power:
    """`battery_mv`: smoothed, 0 without a battery. `strides`: number of strides in a row until now."""

    def __init__(self, auto: bool, stop_s: int, sleep_s: int):
        """`auto`: record automatically; `stop_s`, `sleep_s`: time without a stride until the run ends, until sleep."""
        self.recording = False
        self.by_host = False  # a host has started the run, so only a host ends it
        self.full = False
        self.present = True  # the sensor delivers
        self.host = False  # a host has a stream, or has sent a frame in the last 30 s
        self.powered = False  # by external power
        self.moving = False
        self.can_sleep = False  # the pod would wake again, and the user allows sleep
        self.battery_mv = 0
        self.low = False  # battery.py sets this and the next one
        self.low_readings = 0
        self.strides = 0
        self._auto = auto
        self._stop_ms = stop_s * 1000
        self._sleep_ms = sleep_s * 1000
        self._stride_ms = _APART_MS  # since the last stride
        self._quiet_ms = 0  # since the last stride, button press, host or external power
        self._limit_ms = self._sleep_ms
        self._moved = False  # this run has strides
        self._paused = True  # there was a pause since the last run
        self._down = True  # ignore a stuck button until it has been released once
        self._held_ms = _LONG_MS
        self._phase_ms = 0
        self._direction = 0
        self._cue = 0
        self._cue_ms = 0

    # -- events

    def stride(self, direction: int) -> None:
        """Note a stride; `direction`: a number of the schema's enum."""
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
        """Note that a button or motion has ended sleep."""
        self._quiet_ms = self._phase_ms = self.strides = 0
        self._limit_ms = _AWAKE_MS
        self._stride_ms = _APART_MS
        self._down = True  # ignore the press that has woken the pod
        self._held_ms = _LONG_MS

    # -- decisions

    def step(self, elapsed_ms: int, down: bool) -> int:
        """Return the action of now. `down`: the button is down. A short press acts when it ends, a long one before."""
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
        """Return a number of the schema's `state` enum."""
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
        """Return whether the LED pattern is on now."""
        slot = self._phase_ms // _SLOT_MS
        return _PATTERNS[2 * self.state() + slot // 8] >> slot % 8 & 1 == 1

    def cue(self) -> int:
        """Return the cue for a change of direction: 1 on, 0 off, -1 without a cue."""
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
        """Return the duration of a button press once, otherwise 0."""
        held_ms = self._held_ms
        if not down:
            ended = self._down and 0 < held_ms < _LONG_MS
            self._down = False
            self._held_ms = 0
            return self._noted(held_ms) if ended else 0
        self._held_ms = min(_LONG_MS, held_ms + elapsed_ms) if self._down else 0
        self._down = True
        return self._noted(_LONG_MS) if held_ms < _LONG_MS <= self._held_ms else 0

    def _noted(self, held_ms: int) -> int:
        self._rouse()
        return held_ms

    def _rouse(self) -> None:
        self._quiet_ms = 0
        self._limit_ms = self._sleep_ms
