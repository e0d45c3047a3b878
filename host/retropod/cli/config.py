"""`retropod config` and `retropod time`."""

import json
from collections.abc import Callable
from typing import Any

import click

from retropod.cli import output
from retropod.cli.frame import Group, settings
from retropod.cli.settings_doc import help_text, known
from retropod.client.pod import Pod
from retropod.client.refusals import PodRefused
from retropod.errors import UsageError

EPILOG = "\b\nSettings (* counts from the pod's next start):\n" + help_text()


_PINS = "pins"
_GOES_WITH = {"led_pin": "led_lit", "battery_pin": "battery_ratio"}


@click.group("config", cls=Group, short_help="The pod's settings: get, set.", epilog=EPILOG)
def config() -> None:
    """The pod's settings: who wears it, what it does by itself, what is soldered where."""


@config.command("get")
@click.argument("name", required=False, default="")
def get(name: str) -> None:
    """All settings, the one called NAME, or `pins`: what board and settings together make of every pin."""
    with settings().connect() as pod:
        if name == _PINS:
            _show_pins(_pins(pod))
        else:
            _show(pod.settings(name))


@config.command("set", context_settings={"ignore_unknown_options": True})  # a value may be -1
@click.argument("name")
@click.argument("value")
def set_(name: str, value: str) -> None:
    """Change and save a setting. With board or pins it shows what follows, from the pod's next start on."""
    with settings().connect() as pod:
        changed = pod.change(name, typed(pod, name, value))
        pins = _pins(pod) if known(name)[1] else {}  # no pin follows from a setting that counts at once
        follows = pins if name in ("board", *pins) else {}
    if settings().json:
        output.emit({**changed, **({"pins": follows} if follows else {})})
        return
    output.pairs(_plain(changed))
    if follows:
        _show_pins(follows)
    if known(name)[1]:
        output.note("this counts from the pod's next start: unplug it, press its reset button")


def typed(pod: Pod, name: str, value: str) -> Any:
    """What a person typed, as the type that the setting has now."""
    present = pod.settings(name).get(name)
    if isinstance(present, str):
        return value
    try:
        return json.loads({"on": "true", "yes": "true", "off": "false", "no": "false"}.get(value.lower(), value))
    except ValueError as error:
        raise UsageError(f"{name} takes {_kind(present)}, not {value!r}", f"it is {json.dumps(present)} now") from error


def _kind(present: Any) -> str:
    return "on or off" if isinstance(present, bool) else "a number"


def _pins(pod: Pod) -> dict[str, Any]:
    """What board and settings make of the pins; nothing from a pod that does not tell yet."""
    try:
        return pod.settings(_PINS)
    except PodRefused:
        return {}


def _show(values: dict[str, Any]) -> None:
    if settings().json:
        output.emit(values)
    elif values:
        rows = [[name, value, known(name)[0]] for name, value in _plain(values)]
        output.table(["setting", "value", ""], rows)


def _plain(values: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in values.items()]


def _show_pins(values: dict[str, Any]) -> None:
    """Pins as they lie on the board, and what goes with them."""
    if settings().json:
        output.emit(values)
    elif values:
        idle = {_GOES_WITH[name] for name in _GOES_WITH if values.get(name, 0) < 0}
        output.pairs([(name, _place(name, value)) for name, value in values.items() if name not in idle])


def _place(name: str, value: int) -> str:
    if name in _PLAIN:
        return _PLAIN[name](value)
    return "none" if value < 0 else f"GPIO {value}"


_PLAIN: dict[str, Callable[[int], str]] = {
    "led_lit": lambda value: "addressable" if value == 2 else f"shines when {'high' if value else 'low'}",
    "battery_ratio": lambda value: f"divides by {value / 1000:g}",
    "line_rate": lambda value: f"{value} bit/s" if value else "as fast as it goes",
}


@click.group("time", cls=Group, short_help="The pod's clock: sync.")
def time() -> None:
    """The pod's clock. It knows the time of day only from a host, and forgets it with its power."""


@time.command("sync")
def sync() -> None:
    """Set the pod's clock from this machine's, and say how well that went."""
    from retropod.client.timesync import synchronise
    from retropod.runs.clocklog import ClockLog
    from retropod.runs.store import Store

    with settings().connect() as pod:
        synced = synchronise(pod, exact=True)
        ClockLog(Store(), pod.pod_id).add(synced)
    if settings().json:
        known = {"sync": synced.sync._asdict(), "carry": synced.carry._asdict() if synced.carry else None}
        output.emit(synced._asdict() | known)
    else:
        trip = f"shortest round trip {synced.round_trip_s * 1000:.1f} ms"
        output.line(f"clock set, right to {synced.error_s * 1000:.0f} ms ({trip})")
