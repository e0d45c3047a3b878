"""A pod without a host: measures what power.py decides by, does what it decided, shows it by light and tone."""

from micropython import const

from pod import power, starts
from pod.power import Power
from pod.rare import rarely
from pod.recorder import FULL, RecorderError
from pod.runs import BY_BATTERY, BY_BUTTON, BY_HOST, BY_STILLNESS
from retrowire import codec, schema

_TICK_MS = const(50)
_POWER_MS = const(1000)
_BATTERY_MS = const(10_000)
_SETTLED_MS = const(2000)  # of turning: whatever a wrong pin hangs has been tried by then
_HEARD_MS = const(30_000)
_EVENT_LOW = codec.value("event", "low_battery")
_STRIDES = codec.value("started_by", "strides")
_BUTTON = codec.value("started_by", "button")
_STOPPED_BY = {power.STOP: BY_STILLNESS, power.STOP_BY_BUTTON: BY_BUTTON, power.STOP_LOW: BY_BATTERY}


class Life:
    """`parts`: the objects of the app. To be made last of them."""

    def __init__(self, parts):
        get = parts.settings.get
        self._parts = parts
        self._board = parts.board
        self._cue = get("cue")
        self._at = _place(schema.STRIDE, "direction")
        self._elapsed_ms = 0
        self._power_ms = 0
        self._battery_ms = 0
        self._unsettled_ms = _SETTLED_MS
        self._lit = False
        self._tone = False
        self._percent = -1
        self.power = Power(get("auto_record"), get("stop_after_s"), get("sleep_after_s"), get("low_battery_mv"))
        parts.board.show(False)
        self._look(0)

    def stride(self, payload) -> None:
        """A `stride` message."""
        self.power.stride(payload[self._at])

    def step(self, elapsed_ms: int) -> None:
        """Some twenty times a second, whatever is due. Allocates nothing but when it does something."""
        self._elapsed_ms += elapsed_ms
        if self._elapsed_ms < _TICK_MS:
            return
        elapsed_ms = self._elapsed_ms
        self._elapsed_ms = 0
        self._look(elapsed_ms)
        action = self.power.step(elapsed_ms, self._board.pressed())
        if action:
            self._do(action)
        self._show()

    def state(self) -> int:
        """A number of the schema's `state` enum."""
        self._note()
        return self.power.state()

    def battery(self) -> tuple:
        """(mV, percent) as the schema has them."""
        mv = self.power.battery_mv
        if not mv:
            self._percent = -1
            return codec.none("H"), codec.none("B")
        self._percent = rarely("battery").percent(mv, self._percent)
        return mv, self._percent

    # ----------------------------------------------------------------------------------------------

    def _look(self, elapsed_ms: int) -> None:
        """At what power.py wants to know."""
        self._note()
        if self._unsettled_ms > 0:
            self._unsettled_ms = 0 if self._parts.session.greeted else self._unsettled_ms - elapsed_ms
            if self._unsettled_ms <= 0:
                starts.settle(self._board.STARTS)
        self._power_ms -= elapsed_ms
        if self._power_ms <= 0:
            self._power_ms = _POWER_MS
            self.power.powered = self._board.powered()
        self._battery_ms -= elapsed_ms
        if self._battery_ms <= 0:
            self._battery_ms = _BATTERY_MS
            self.power.measured(self._board.battery_mv())
            self.power.can_sleep = self._can_sleep()

    def _note(self) -> None:
        parts = self._parts
        told = self.power
        recorder = parts.recorder
        told.recording = recorder.run != 0
        told.by_host = recorder.by_host
        told.full = recorder.state == FULL
        told.present = parts.sampler.present
        told.host = parts.session.silent_ms < _HEARD_MS or parts.session.leased
        told.moving = parts.mount.moving

    def _can_sleep(self) -> bool:
        """Whether it would wake again: never a board on a bench, which has no battery and no wire to wake it."""
        wish = self._parts.settings.get("sleep")
        sensor = self._parts.sampler.sensor
        if wish == "off" or sensor is None or self._parts.trial.on:
            return False
        # without a gyroscope, sleep would cost the mount: no steps clear its doubt
        return wish == "on" or (sensor.gyr_lsb_udps != 0 and self.power.battery_mv > 0 and self._board.wake_wired())

    def _do(self, action: int) -> None:
        recorder = self._parts.recorder
        try:
            if action == power.START:
                recorder.start(0, 0, _STRIDES, self.power.strides)
            elif action == power.START_BY_BUTTON:
                recorder.start(0, 0, _BUTTON)
            elif action == power.LAP:
                recorder.lap()
            elif action == power.SLEEP:
                rarely("nap").sleep(self._parts, self.power)
            else:
                self._stop(recorder, action)
        except RecorderError:
            pass  # the flash is full: the state says so

    def _stop(self, recorder, action: int) -> None:
        if action == power.STOP_LOW:
            self._parts.outlet.event(_EVENT_LOW, self._parts.sampler.index, self.power.battery_mv, 0)
        if recorder.wants_raw():
            self._parts.sampler.flush_raw()
        recorder.stop(_STOPPED_BY.get(action, BY_HOST))

    def _show(self) -> None:
        cue = self.power.cue()
        lit = cue > 0 if cue >= 0 and self._cue in ("led", "both") else self.power.lit()
        if lit != self._lit:
            self._lit = lit
            self._board.show(lit)
        tone = cue > 0 and self._cue in ("buzzer", "both")
        if tone != self._tone:
            self._tone = tone
            self._board.sound(tone)


def _place(message: int, field: str) -> int:
    """Bytes before a field."""
    rows = codec.fields(message)
    return codec.size_rows(rows[: [row[0] for row in rows].index(field)])
