"""`retropod config` and `retropod time`."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from retropod.cli import output
from retropod.cli.commands import Group
from retropod.cli.opened import open_store
from retropod.cli.options import options
from retropod.cli.settings_doc import SETTINGS, known
from retropod.client import settingchange
from retropod.client.reconnect import ReconnectingPod
from retropod.errors import UsageError

if TYPE_CHECKING:
    from retropod.client.timesync import Synced

_UNDONE = "undone"
_BELONGS_TO = {"led_pin": "led_lit", "battery_pin": "battery_ratio"}


class _WithSettings(Group):
    """A group whose help page ends with the list of all settings."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Settings (* takes effect at the next start; those of the hardware restart the pod)"):
            formatter.write_dl(list(SETTINGS.items()))


@click.group("config", cls=_WithSettings, short_help="Read or change the settings of the pod.")
def config() -> None:
    """Read or change the settings of the pod: its wearer, its automatic functions, its board and pins."""


@config.command("get")
@click.argument("name", required=False, default="")
def get(name: str) -> None:
    """Show all settings or the setting NAME.

    NAME `pins` shows the function of each pin, which follows from the board and the settings.
    """
    with options().connect() as pod:
        if name == settingchange.PINS:
            _show_pins(settingchange.pins(pod))
        else:
            _show(settingchange.read(pod, name))


@config.command("set", context_settings={"ignore_unknown_options": True})  # a value may be -1
@click.argument("values", nargs=-1, required=True, metavar="NAME VALUE|NAME=VALUE...")
def set_(values: tuple[str, ...]) -> None:
    """Change one setting (NAME VALUE) or several (NAME=VALUE...), and save them on the pod.

    Settings of the hardware are checked together. Then the pod restarts with them on trial, and this command confirms
    them. The pod undoes them if no host reaches it within 60 s of its start.
    """
    texts = _parsed(values)
    with ReconnectingPod(options().connect, output.print_note) as cable:
        new = {name: settingchange.typed(cable.pod, name, text) for name, text in texts.items()}
        changed = settingchange.apply(cable, new, output.print_note)
        pins = settingchange.pins(cable.pod) if settingchange.is_hardware(new) else {}
    follows = {} if pins.keys().isdisjoint(new) else pins
    if options().json:
        output.print_json({**changed, **({"pins": follows} if follows else {})})
        return
    output.print_pairs(_plain(changed))
    if follows:
        _show_pins(follows)
    if not settingchange.is_hardware(new) and any(known(name)[1] for name in new):
        output.print_note("this takes effect at the next start of the pod: unplug it or press its reset button")


def _parsed(values: tuple[str, ...]) -> dict[str, str]:
    """Return the texts of `NAME VALUE`, `NAME=VALUE` and their repetitions by name."""
    texts: dict[str, str] = {}
    left = list(values)
    while left:
        name, equals, text = left.pop(0).partition("=")
        if not equals and not left:
            raise UsageError(f"the value of {name} is missing", f"`retropod config set {name} VALUE`")
        if name in texts:
            raise UsageError(f"{name} is given twice", "give each setting once")
        texts[name] = text if equals else left.pop(0)
    return texts


def _show(values: dict[str, Any]) -> None:
    if options().json:
        output.print_json(values)
        return
    undone = values.pop(_UNDONE, {})
    if values:
        output.print_table(
            ["setting", "value", "meaning"], [[name, value, known(name)[0]] for name, value in _plain(values)]
        )
    if undone:
        listed = ", ".join(f"{name} {value}" for name, value in undone.items())
        output.print_note(f"the pod undid {listed}: no host reached it with these settings")


def _plain(values: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in values.items()]


def _show_pins(values: dict[str, Any]) -> None:
    """Show the pins. Omit the level or ratio of a pin that does not exist."""
    if options().json:
        output.print_json(values)
    elif values:
        unused = {_BELONGS_TO[name] for name in _BELONGS_TO if values.get(name, 0) < 0}
        output.print_pairs([(name, _pin(name, value)) for name, value in values.items() if name not in unused])


def _pin(name: str, value: Any) -> str:
    if name in _FORMATS:
        return _FORMATS[name](value)
    return "none" if value < 0 else f"GPIO {value}"


_FORMATS: dict[str, Callable[[Any], str]] = {
    "board": str,
    "led_lit": lambda value: "addressable" if value == 2 else f"lit when {'high' if value else 'low'}",
    "battery_ratio": lambda value: f"divides by {value / 1000:g}",
    "line_rate": lambda value: f"{value} bit/s" if value else "no limit",
}


def _sync_json(synced: "Synced") -> dict[str, Any]:
    sync, carry = synced.sync, synced.carry
    return {
        "error_s": synced.error_s,
        "round_trip_s": synced.round_trip_s,
        "epoch_s": synced.epoch_s,
        "uptime_s": synced.uptime_s,
        "sync": {"boot": sync.boot, "uptime_s": sync.uptime_s, "low_epoch_s": sync.low_s, "high_epoch_s": sync.high_s,
                 "slept_s": sync.slept_s},
        "carry": {"boot": carry.boot, "before_s": carry.before_s, "error_s": carry.error_s} if carry else None,
    }  # fmt: skip


@click.group("time", cls=Group, short_help="Set the clock of the pod.")
def time() -> None:
    """Set the clock of the pod. Only a host can set it, and the pod loses the time when it loses power."""


@time.command("sync", short_help="Set the clock from the clock of this computer.")
def sync() -> None:
    """Set the clock of the pod from the clock of this computer, and show the accuracy."""
    from retropod.client.timesync import synchronise
    from retropod.runs.clocklog import ClockLog, jumped

    with options().connect() as pod:
        log = ClockLog(open_store(), pod.pod_id)
        synced = synchronise(pod, exact=True, known_s=log.known_s())
        jump = jumped(log.add(synced))
    if jump:
        output.print_note(f"{jump} since the last sync with this pod")
    if options().json:
        output.print_json(_sync_json(synced))
    else:
        trip = f"shortest round trip {synced.round_trip_s * 1000:.1f} ms"
        output.print_line(f"clock set, accurate to {synced.error_s * 1000:.0f} ms ({trip})")
