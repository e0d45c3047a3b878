"""`retropod config` and `retropod time`."""

import json
from typing import Any

import click

from retropod.cli import output
from retropod.cli.frame import Group, settings
from retropod.errors import UsageError
from retropod.pod import Pod


@click.group("config", cls=Group, short_help="The pod's settings: get, set.")
def config() -> None:
    """The pod's settings: name, wearer, foot side, board, pins, rates."""


@config.command("get")
@click.argument("name", required=False, default="")
def get(name: str) -> None:
    """All settings, or the one called NAME."""
    with settings().connect() as pod:
        _show(pod.settings(name))


@config.command("set")
@click.argument("name")
@click.argument("value")
def set_(name: str, value: str) -> None:
    """Change and save a setting. Pins, chip and rate count from the pod's next start."""
    with settings().connect() as pod:
        _show(pod.change(name, typed(pod, name, value)))


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


def _show(values: dict[str, Any]) -> None:
    if settings().json:
        output.emit(values)
    elif values:
        output.pairs([(name, value if isinstance(value, str) else json.dumps(value)) for name, value in values.items()])


@click.group("time", cls=Group, short_help="The pod's clock: sync.")
def time() -> None:
    """The pod's clock. It knows the time of day only from a host, and forgets it with its power."""


@time.command("sync")
def sync() -> None:
    """Set the pod's clock from this machine's, and say how well that went."""
    from retropod.runs.clocklog import ClockLog
    from retropod.runs.store import Store
    from retropod.timesync import synchronise

    with settings().connect() as pod:
        synced = synchronise(pod)
        ClockLog(Store(), pod.pod_id).add(synced)
    if settings().json:
        known = {"sync": synced.sync._asdict(), "carry": synced.carry._asdict() if synced.carry else None}
        output.emit(synced._asdict() | known)
    else:
        trip = f"shortest round trip {synced.round_trip_s * 1000:.1f} ms"
        output.line(f"clock set, right to {synced.error_s * 1000:.0f} ms ({trip})")
