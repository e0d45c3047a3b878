"""A pod without a host: measures what power.py decides by, has it done, shows it by light and tone."""

from micropython import const

from pod.autonomy import actions
from pod.autonomy.power import Power
from pod.hal import battery, supply
from pod.storage import bootguard
from pod.storage.recorder import FULL
from retrowire import codec, schema

_TICK_MS = const(50)
_SUPPLY_MS = const(5000)
_NEVER_MS = const(1 << 29)
_SETTLED_MS = const(2000)  # of turning: whatever a wrong pin hangs has been tried by then
_HEARD_MS = const(30_000)


class Supervisor:
    """`parts`: the objects of the app. To be made last of them."""

    def __init__(self, parts):
        get = parts.settings.get
        self._parts = parts
        self._board = parts.board
        self._cue = get("cue")
        self._at = codec.place(schema.STRIDE, "direction")
        self._elapsed_ms = 0
        self._supply_ms = 0 if supply.worth_a_look(parts) else _NEVER_MS
        self._unsettled_ms = _SETTLED_MS
        self._lit = False
        self._tone = False
        self._percent = -1
        self.power = Power(get("auto_record"), get("stop_after_s"), get("sleep_after_s"))
        wrong = supply.wrong_pins(parts)
        if wrong:
            parts.faults.add(codec.value("fault", "settings"), wrong)
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
            actions.execute(action, self._parts)
        self._show()

    def state(self) -> int:
        """A number of the schema's `state` enum."""
        self._note()
        return self.power.state()

    def battery(self) -> tuple:
        """(mV, percent) as the schema has them."""
        mv = self.power.battery_mv
        self._percent = battery.percent(mv, self._percent) if mv else -1
        return (mv, self._percent) if mv else (codec.none("H"), codec.none("B"))

    # ----------------------------------------------------------------------------------------------

    def _look(self, elapsed_ms: int) -> None:
        """At what power.py wants to know."""
        self._note()
        if self._unsettled_ms > 0:
            self._unsettled_ms = 0 if self._parts.session.greeted else self._unsettled_ms - elapsed_ms
            if self._unsettled_ms <= 0:
                bootguard.settle(self._board.STARTS)
        self._supply_ms -= elapsed_ms
        if self._supply_ms <= 0:
            self._supply_ms = _SUPPLY_MS
            supply.look(self._parts, self.power)

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
