"""The pod's decisions without a host: every transition as a line of a table, on plain Python."""

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pod.hal import battery
from pod.link.streams import Publisher
from retrowire import codec, schema

TICK_MS = 50
DEFAULTS = {"auto": True, "stop_s": 60, "sleep_s": 30}


@pytest.fixture(scope="module")
def power() -> Iterator[Any]:
    """The module, with a `const` that returns its argument."""
    known = sys.modules.get("micropython")
    standin = ModuleType("micropython")
    standin.__dict__["const"] = lambda value: value
    sys.modules["micropython"] = standin
    try:
        yield importlib.import_module("pod.autonomy.power")
    finally:
        sys.modules.pop("pod.autonomy.power", None)
        if known is None:
            del sys.modules["micropython"]
        else:
            sys.modules["micropython"] = known


class World:
    """Events of the pod in words, and its decisions. It executes a decision like supervisor.py."""

    def __init__(self, power: Any, **settings: Any) -> None:
        self._module = power
        self.power = power.Power(**{**DEFAULTS, **settings})
        self.done: list[str] = []
        self._names = {
            getattr(power, name): name.lower()
            for name in ("START", "START_BY_BUTTON", "LAP", "STOP", "STOP_BY_BUTTON", "STOP_LOW", "SLEEP")
        }
        self.down = False
        self.wait("0.1")

    def live(self, script: str) -> None:
        for step in script.split(", "):
            word, _, rest = step.partition(" ")
            getattr(self, word)(rest)

    def wait(self, seconds: str) -> None:
        for _ in range(round(float(seconds) * 1000 / TICK_MS)):
            action = self.power.step(TICK_MS, self.down)
            if action:
                self._do(self._names[action])

    def _do(self, name: str) -> None:
        self.done.append(name)
        if name.startswith("start"):
            self.power.recording = True
        elif name.startswith("stop"):
            self.power.recording = self.power.by_host = False
        elif name == "sleep":
            self.power.woke()

    def walk(self, strides: str) -> None:
        for _ in range(int(strides)):
            self.power.stride(1)
            self.wait("1.1")

    def ride(self, strides: str) -> None:
        """Publish strides that may not be gait."""
        sink = SimpleNamespace(send=lambda *_: None, add_stride=lambda *_: None)
        publisher = Publisher(None, None, sink, sink, self.power)
        payload = bytearray(codec.size(schema.STRIDE))
        at = codec.place(schema.STRIDE, "flags")
        payload[at : at + 2] = codec.flag("stride", "not_gait").to_bytes(2, "little")
        for _ in range(int(strides)):
            publisher.stride(payload, len(payload))
            self.wait("1.1")

    def press(self, seconds: str) -> None:
        self.down = True
        self.wait(seconds)
        self.down = False
        self.wait("0.1")

    def woken_by_press(self, _: str) -> None:
        while not self.done:
            self.wait("0.05")
        self.press("0.3")

    def now(self, what: str) -> None:
        name, _, value = what.partition("=")
        setattr(self.power, name, value in ("", "on"))

    def battery(self, mv: str) -> None:
        for _ in range(12):
            battery.measured(self.power, int(mv), 3400)

    def hosts_run(self, _: str) -> None:
        self.power.recording = self.power.by_host = True

    def hosts_stop(self, _: str) -> None:
        self.power.recording = self.power.by_host = False


@pytest.mark.parametrize(
    ("settings", "script", "done", "state"),
    [
        # idle, armed, recording
        ({}, "wait 1", [], "armed"),
        ({"auto": False}, "wait 1", [], "idle"),
        ({}, "walk 5, wait 10", [], "armed"),
        ({}, "walk 6", ["start"], "recording"),
        ({"auto": False}, "walk 20", [], "idle"),
        ({}, "walk 4, wait 5, walk 4", [], "armed"),  # two turns in a kitchen
        ({}, "now host, walk 20", [], "armed"),
        ({}, "now host, walk 3, now host=off, walk 3", ["start"], "recording"),
        ({}, "now present=off, walk 20", [], "sensor_missing"),
        ({}, "now full, walk 20", [], "full"),
        ({}, "walk 6, wait 55", ["start"], "recording"),
        ({}, "walk 6, wait 62", ["start", "stop"], "armed"),
        ({}, "walk 6, wait 55, walk 1, wait 55", ["start"], "recording"),
        ({}, "walk 6, wait 62, walk 6", ["start", "stop", "start"], "recording"),
        ({}, "ride 20", [], "armed"),
        ({}, "walk 5, ride 2, walk 1", ["start"], "recording"),  # a slow walk
        ({}, "walk 6, ride 60, wait 55", ["start"], "recording"),
        ({}, "walk 6, ride 60, wait 62", ["start", "stop"], "armed"),
        ({}, "hosts_run, wait 300", [], "recording"),  # not a stride yet
        ({}, "hosts_run, walk 3, wait 300", [], "recording"),  # a host has begun it
        ({}, "hosts_run, walk 9, hosts_stop, walk 20", [], "armed"),  # the way home
        ({}, "hosts_run, walk 9, hosts_stop, wait 20, walk 6", ["start"], "recording"),
        # the button
        ({}, "press 0.2", ["start_by_button"], "recording"),
        ({"auto": False}, "press 0.2", ["start_by_button"], "recording"),
        ({}, "now host, press 0.2", ["start_by_button"], "recording"),
        ({}, "press 0.05", [], "armed"),  # a spark
        ({}, "press 0.2, press 0.2, press 0.3", ["start_by_button", "lap", "lap"], "recording"),
        ({}, "press 0.2, press 2", ["start_by_button", "stop_by_button"], "armed"),
        ({}, "press 0.2, press 20", ["start_by_button", "stop_by_button"], "armed"),
        ({}, "press 0.2, walk 3, wait 70", ["start_by_button", "stop"], "armed"),
        ({}, "press 0.2, walk 3, press 2, walk 9", ["start_by_button", "stop_by_button"], "armed"),
        ({}, "hosts_run, press 2", ["stop_by_button"], "armed"),
        ({}, "now full, press 0.2", [], "full"),
        ({}, "press 2", [], "armed"),
        ({}, "now can_sleep, press 2", ["sleep"], "armed"),
        ({}, "now can_sleep, now host, press 2", [], "armed"),
        ({}, "now can_sleep, now powered, press 2", [], "charging"),
        # sleep
        ({}, "wait 300", [], "armed"),
        ({}, "now can_sleep, wait 29", [], "armed"),
        ({}, "now can_sleep, wait 31", ["sleep"], "armed"),
        ({"auto": False}, "now can_sleep, wait 31", ["sleep"], "idle"),
        ({}, "now can_sleep, wait 20, walk 1, wait 20", [], "armed"),
        ({}, "now can_sleep, now host, wait 300", [], "armed"),
        ({}, "now can_sleep, now host, wait 300, now host=off, wait 29", [], "armed"),
        ({}, "now can_sleep, now powered, wait 300", [], "charging"),
        ({}, "now can_sleep, now moving, wait 300, now moving=off, wait 0.1", ["sleep"], "armed"),
        ({}, "now can_sleep, now present=off, wait 300", [], "sensor_missing"),
        ({}, "now can_sleep, wait 31, wait 8", ["sleep"], "armed"),
        ({}, "now can_sleep, wait 31, wait 10", ["sleep", "sleep"], "armed"),
        ({}, "now can_sleep, wait 31, wait 5, walk 1, wait 25", ["sleep"], "armed"),
        ({}, "now can_sleep, wait 31, walk 6", ["sleep", "start"], "recording"),
        ({}, "now can_sleep, woken_by_press, wait 5", ["sleep"], "armed"),  # that press was for waking
        ({}, "now can_sleep, woken_by_press, press 0.2", ["sleep", "start_by_button"], "recording"),
        ({}, "now can_sleep, walk 6, wait 58", ["start"], "recording"),
        ({}, "now can_sleep, walk 6, wait 65", ["start", "stop", "sleep"], "armed"),
        # the battery
        ({}, "battery 3900, walk 6", ["start"], "recording"),
        ({}, "battery 3390, walk 20", [], "low_battery"),
        ({}, "battery 3390, press 0.2", [], "low_battery"),
        ({}, "battery 3900, walk 6, battery 3300, wait 0.1", ["start", "stop_low"], "low_battery"),
        ({}, "battery 3900, hosts_run, battery 3300, wait 0.1", ["stop_low"], "low_battery"),
        ({}, "battery 3390, battery 3500, wait 1", [], "low_battery"),  # relieved of its load
        ({}, "battery 3390, battery 3560, walk 6", ["start"], "recording"),
        ({}, "battery 3390, now powered, battery 3390, wait 1", [], "charging"),
        ({}, "now powered, battery 3390, walk 6", ["start"], "recording"),
        ({}, "battery 3390, now can_sleep, wait 11", ["sleep"], "low_battery"),
        ({}, "battery 0, walk 6", ["start"], "recording"),  # no battery on a pin
        ({}, "battery 3300, battery 0, walk 6", ["start"], "recording"),
        ({}, "battery 4900, wait 1", [], "armed"),
        # light while charging, full, without a sensor
        ({}, "now powered, wait 1", [], "charging"),
        ({}, "now powered, now full, wait 1", [], "full"),
        ({}, "now powered, now present=off, wait 1", [], "sensor_missing"),
        ({}, "walk 6, now present=off, wait 1", ["start"], "recording"),
        ({}, "battery 3300, now full, wait 1", [], "low_battery"),
    ],
)
def test_what_happens_and_what_it_does(
    power: Any, settings: dict[str, Any], script: str, done: list[str], state: str
) -> None:
    world = World(power, **settings)
    world.live(script)
    assert (world.done, codec.name("state", world.power.state())) == (done, state)


def test_states_are_the_schemas(power: Any) -> None:
    numbers = dict(codec.enum("state"))
    assert {name: getattr(power, name.upper()) for name in numbers} == numbers


def test_a_stuck_button_is_ignored(power: Any) -> None:
    world = World(power)
    world.power = power.Power(**DEFAULTS)
    world.down = True
    world.live("wait 60")
    assert world.done == []
    world.live("press 0.2")
    assert world.done == []  # it has been let go of only now
    world.live("press 0.2")
    assert world.done == ["start_by_button"]


def _pattern(decided: Any, read: Any) -> str:
    """Return the light of the next two seconds, an eighth of a second per letter."""
    shown = ""
    for _ in range(16):
        decided.step(62, False)
        shown += "#" if read() else "."
        decided.step(63, False)
    return shown


@pytest.mark.parametrize(
    ("state", "pattern"),
    [
        ({"auto": False}, "#..............."),
        ({}, "#.#............."),
        ({"recording": True}, "####............"),
        ({"full": True}, "####.#.#........"),
        ({"low": True}, "#.#.#..........."),
        ({"powered": True}, "###############."),
        ({"present": False}, "#.#.#.#.#.#.#.#."),
    ],
)
def test_every_state_has_a_light_of_its_own(power: Any, state: dict[str, bool], pattern: str) -> None:
    decided = power.Power(**{**DEFAULTS, **({"auto": state.pop("auto")} if "auto" in state else {})})
    for name, value in state.items():
        setattr(decided, name, value)
    assert _pattern(decided, decided.lit) == pattern


@pytest.mark.parametrize(
    ("directions", "pattern"),
    [
        ("forward forward", None),
        ("forward backward", "#.#....."),
        ("backward forward", "####...."),
        ("forward unknown forward", None),
        ("forward unknown backward", "#.#....."),
        ("backward lateral_left", "#.#.#..."),
        ("backward lateral_right", "#.#.#..."),
        ("backward", None),
    ],
)
def test_a_change_of_direction_has_its_cue(power: Any, directions: str, pattern: str | None) -> None:
    decided = power.Power(**DEFAULTS)
    for name in directions.split():
        decided.step(TICK_MS, False)
        decided.stride(codec.value("direction", name))
    if pattern is None:
        assert decided.cue() == -1
        return
    assert _pattern(decided, lambda: decided.cue() > 0) == pattern + "........"
    assert decided.cue() == -1


def test_percent_falls_with_the_voltage_and_does_not_flicker() -> None:
    levels = [battery.percent(mv, -1) for mv in range(3000, 4300, 5)]
    assert levels == sorted(levels) and (levels[0], levels[-1]) == (0, 100)
    assert battery.percent(3800, -1) == 40 and battery.percent(3805, -1) == 41
    assert battery.percent(3805, 40) == 40  # up a little: told only when it is more
    assert battery.percent(3850, 40) == 50
    assert battery.percent(3795, 40) == 38  # down: told at once
