"""`retropod config` and `retropod time`."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from retropod.cli import output
from retropod.cli.commands import Group
from retropod.cli.options import options
from retropod.cli.settings_doc import SETTINGS, known
from retropod.client.pod import Pod
from retropod.client.refusals import PodRefused
from retropod.errors import UsageError

if TYPE_CHECKING:
    from retropod.client.timesync import Synced

_PINS = "pins"
_BELONGS_TO = {"led_pin": "led_lit", "battery_pin": "battery_ratio"}


class _WithSettings(Group):
    """A group whose help page ends with the list of all settings."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Settings (* takes effect at the next start of the pod)"):
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
        if name == _PINS:
            _show_pins(_pins(pod))
        else:
            _show(pod.settings(name))


@config.command("set", context_settings={"ignore_unknown_options": True})  # a value may be -1
@click.argument("name")
@click.argument("value")
def set_(name: str, value: str) -> None:
    """Change the setting NAME to VALUE and save it on the pod.

    After a change of the board or of a pin, show the function of each pin from the next start of the pod on.
    """
    with options().connect() as pod:
        changed = pod.change(name, typed(pod, name, value))
        pins = _pins(pod) if known(name)[1] else {}  # a setting that takes effect at once changes no pin
        follows = pins if name in ("board", *pins) else {}
    if options().json:
        output.print_json({**changed, **({"pins": follows} if follows else {})})
        return
    output.print_pairs(_plain(changed))
    if follows:
        _show_pins(follows)
    if known(name)[1]:
        output.print_note("this takes effect at the next start of the pod: unplug it or press its reset button")


def typed(pod: Pod, name: str, value: str) -> Any:
    """Convert the text `value` to the type of the present value of the setting. Raises UsageError if it has no such."""
    present = pod.settings(name).get(name)
    if isinstance(present, str):
        return value
    try:
        return json.loads({"on": "true", "yes": "true", "off": "false", "no": "false"}.get(value.lower(), value))
    except ValueError as error:
        raise UsageError(f"{value!r} is not {_kind(present)}, which {name} requires",
                         f"give {_kind(present)}; the present value is {json.dumps(present)}") from error  # fmt: skip


def _kind(present: Any) -> str:
    return "on or off" if isinstance(present, bool) else "a number"


def _pins(pod: Pod) -> dict[str, Any]:
    """Return the pins that follow from board and settings. Return nothing if the pod's version does not report them."""
    try:
        return pod.settings(_PINS)
    except PodRefused:
        return {}


def _show(values: dict[str, Any]) -> None:
    if options().json:
        output.print_json(values)
    elif values:
        output.print_table(
            ["setting", "value", "meaning"], [[name, value, known(name)[0]] for name, value in _plain(values)]
        )


def _plain(values: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in values.items()]


def _show_pins(values: dict[str, Any]) -> None:
    """Show the pins. Omit the level or ratio of a pin that does not exist."""
    if options().json:
        output.print_json(values)
    elif values:
        unused = {_BELONGS_TO[name] for name in _BELONGS_TO if values.get(name, 0) < 0}
        output.print_pairs([(name, _pin(name, value)) for name, value in values.items() if name not in unused])


def _pin(name: str, value: int) -> str:
    if name in _FORMATS:
        return _FORMATS[name](value)
    return "none" if value < 0 else f"GPIO {value}"


_FORMATS: dict[str, Callable[[int], str]] = {
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
    from retropod.runs.store import Store

    with options().connect() as pod:
        log = ClockLog(Store(), pod.pod_id)
        synced = synchronise(pod, exact=True, known_s=log.known_s())
        jump = jumped(log.add(synced))
    if jump:
        output.print_note(f"{jump} since the last sync with this pod")
    if options().json:
        output.print_json(_sync_json(synced))
    else:
        trip = f"shortest round trip {synced.round_trip_s * 1000:.1f} ms"
        output.print_line(f"clock set, accurate to {synced.error_s * 1000:.0f} ms ({trip})")
