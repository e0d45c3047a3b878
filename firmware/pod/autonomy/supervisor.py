"""The pod without a host: gives Power its inputs, executes its actions, drives LED and buzzer."""

from micropython import const

from pod import Refused
from pod.autonomy import power as decisions
from pod.hal import battery
from pod.hal.hardware import NEVER_MS
from pod.ondemand import load
from pod.storage.recorder import FULL
from pod.storage.runs import BY_BATTERY, BY_BUTTON, BY_STILLNESS
from retrowire import codec

_TICK_MS = const(50)
_SETTLED_MS = const(2000)  # the app runs for so long: a wrong pin would have stopped it by then
_HEARD_MS = const(30_000)
_SUPPLY_MS = const(5000)
_NEVER_MS = const(1 << 29)
_STOPPED_BY = (BY_STILLNESS, BY_BUTTON, BY_BATTERY)  # in the order of STOP, STOP_BY_BUTTON, STOP_LOW
_STARTED_BY_HOST = codec.value("started_by", "host")
_STARTED_BY_STRIDES = codec.value("started_by", "strides")
_STARTED_BY_BUTTON = codec.value("started_by", "button")
_EVENT_LOW = codec.value("event", "low_battery")


class Supervisor:
    """Call `step` often: it acts every 50 ms. `power`: the decisions and the battery state."""

    def __init__(
        self, board, supply, settings, clock, power, samples, streams, recorder, publisher, pipeline, connection, mount,
        trial, boot_settled,
    ):  # fmt: skip
        """`board`, `supply`: functions of the hardware. `boot_settled()` records that this boot has not failed."""
        self._board = board
        self._supply = supply
        self._settings = settings
        self._clock = clock
        self.power = power
        self._samples = samples
        self._streams = streams
        self._recorder = recorder
        self._publisher = publisher
        self._pipeline = pipeline
        self._connection = connection
        self._mount = mount
        self._trial = trial
        self._boot_settled = boot_settled
        self._cue = settings.get("cue")
        self._elapsed_ms = 0
        self._unsettled_ms = _SETTLED_MS
        self._supply_ms = 0 if supply.is_measurable() or settings.get("sleep") == "on" else _NEVER_MS
        self._percent = -1  # the last charge that was reported
        self._led = False
        self._tone = False
        board.show(False)
        self._observe()
        self._watch_supply(0)

    def step(self, elapsed_ms: int) -> None:
        """Act if it is time. Allocates nothing unless there is an action."""
        self._elapsed_ms += elapsed_ms
        if self._elapsed_ms < _TICK_MS:
            return
        elapsed_ms = self._elapsed_ms
        self._elapsed_ms = 0
        self._observe()
        self._settle(elapsed_ms)
        self._watch_supply(elapsed_ms)
        action = self.power.step(elapsed_ms, self._board.pressed())
        if action:
            self._execute(action)
        self._show()

    def state(self) -> int:
        """Return a number of the schema's `state` enum."""
        self._observe()
        return self.power.state()

    def battery(self) -> tuple:
        """Return (mV, percent) as the schema has them."""
        mv = self.power.battery_mv
        self._percent = battery.percent(mv, self._percent) if mv else -1
        return (mv, self._percent) if mv else (codec.none("H"), codec.none("B"))

    def check_supply(self) -> None:
        """Read battery and external power."""
        power = self.power
        power.powered = self._supply.powered()
        battery.measured(power, self._supply.battery_mv(), self._settings.get("low_battery_mv"))
        power.can_sleep = self._can_sleep()

    def confirm(self) -> None:
        """End the trial of the settings: a host has greeted the pod."""
        self._settings.confirm()
        if not self._trial.on:
            self._board.start_watchdog(NEVER_MS)

    # ----------------------------------------------------------------------------------------------

    def _observe(self) -> None:
        power = self.power
        recorder = self._recorder
        streams = self._streams
        power.recording = recorder.run != 0
        power.by_host = recorder.started_by == _STARTED_BY_HOST
        power.full = recorder.state == FULL
        power.present = self._samples.sensor is not None
        power.host = streams.silent_ms < _HEARD_MS or streams.lease_ms > 0
        power.moving = self._mount.moving

    def _settle(self, elapsed_ms: int) -> None:
        if self._unsettled_ms > 0:
            self._unsettled_ms = 0 if self._streams.greeted else self._unsettled_ms - elapsed_ms
            if self._unsettled_ms <= 0:
                self._boot_settled()

    def _watch_supply(self, elapsed_ms: int) -> None:
        self._supply_ms -= elapsed_ms
        if self._supply_ms <= 0:
            self._supply_ms = _SUPPLY_MS
            self.check_supply()

    def _can_sleep(self) -> bool:
        """Return whether the pod would wake again. A board on a bench would not: it has no battery and no wake wire."""
        sleep = self._settings.get("sleep")
        sensor = self._samples.sensor
        if sleep == "off" or sensor is None or self._trial.on:
            return False
        # Sleep makes the mount `suspect`. Without a gyroscope only brisk steps clear that, so a walker would lose it.
        return sleep == "on" or (sensor.gyr_lsb_udps != 0 and self.power.battery_mv > 0 and self._supply.wake_wired())

    def _show(self) -> None:
        cue = self.power.cue()
        led = cue > 0 if cue >= 0 and self._cue in ("led", "both") else self.power.lit()
        if led != self._led:
            self._led = led
            self._board.show(led)
        tone = cue > 0 and self._cue in ("buzzer", "both")
        if tone != self._tone:
            self._tone = tone
            self._board.sound(tone)

    def _execute(self, action: int) -> None:
        recorder = self._recorder
        try:
            if action == decisions.START:
                recorder.start(0, 0, _STARTED_BY_STRIDES, self.power.strides)
            elif action == decisions.START_BY_BUTTON:
                recorder.start(0, 0, _STARTED_BY_BUTTON)
            elif action == decisions.LAP:
                recorder.lap()
            elif action == decisions.SLEEP:
                self._sleep()
            else:
                self._stop(action)
        except Refused:
            pass  # The flash is full, which the LED and the status show.

    def _stop(self, action: int) -> None:
        if action == decisions.STOP_LOW:
            self._publisher.event(_EVENT_LOW, self.power.battery_mv, 0)
        if self._recorder.wants_raw():
            self._pipeline.flush_raw()
        self._recorder.stop(_STOPPED_BY[action - decisions.STOP])

    def _sleep(self) -> None:
        self._board.show(False)
        self._board.sound(False)
        sleepmode = load("pod.autonomy.sleepmode")
        sensor = self._samples.sensor
        sleepmode.sleep(self._clock, sensor, self._settings.get("wake_mg"), self.power, self.check_supply)
        self._connection.wake()
        self._mount.woke()
        self.power.woke()
