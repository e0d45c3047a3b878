"""`retropod list`."""

from typing import Any

import click

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.options import options
from retropod.client import discover
from retropod.client.messages import HelloMessage, StatusMessage
from retropod.client.pod import describe

_HEADINGS = ["port", "pod", "firmware", "chip", "foot", "state", "battery", "storage", "error"]


@command("list")
@click.option("--all", "everything", is_flag=True, help="Query every port, not only ports with a likely USB chip.")
def list_pods(everything: bool) -> None:
    """Find pods: query every likely port and every running `retropod sim`, and show the answers.

    --port limits the query to one port. A query opens the port. A port that another program uses is shown as busy. A
    sleeping pod does not answer. On boards whose processor is the USB device (C3, S3, XIAO), its port disappears during
    sleep. Shake the pod or press its button, and run the command within ten seconds.
    """
    named = options().port
    found = discover.search(everything, named, options().baud)
    if options().json:
        for one in found:
            output.print_json(_json(one))
    elif found:
        output.print_table(_HEADINGS, [_row(one) for one in found])
    if any(one.hello for one in found):
        return
    errors = [one.error for one in found if one.error is not None]
    if len(found) == 1 and found[0].port.device == named:
        raise errors[0]
    raise discover.no_pod(errors, everything)


def _row(one: discover.Found) -> list[str]:
    port = f"{one.port.device} {one.port.bridge}".strip()
    if one.hello is None:
        return [port, *["-"] * 7, one.error.message if one.error else ""]
    hello = one.hello
    side = "-" if hello.side == "unknown" else str(hello.side)
    return [port, describe(hello), version(hello), str(hello.chip), side, *_state(one.status), ""]


def _state(status: StatusMessage | None) -> list[str]:
    """Return state, battery charge and the minutes of running that the storage has room for."""
    if status is None:
        return ["-"] * 3
    minutes = "-" if status.minutes_left is None else f"{status.minutes_left} min"
    charge = "-" if status.battery_percent is None else f"{status.battery_percent} %"
    return [str(status.state).replace("_", " "), charge, minutes]


def _json(one: discover.Found) -> dict[str, Any]:
    return {
        "port": one.port.device,
        "virtual": one.port.virtual,
        "bridge": None if one.port.virtual else one.port.bridge or None,
        "pod": None if one.hello is None else identity(one.hello) | _state_json(one.status),
        "error": None if one.error is None else one.error.message,
    }


def identity(hello: HelloMessage) -> dict[str, Any]:
    """Return the identity of a pod for `--json`."""
    return {
        "device_id": hello.device_id,
        "name": hello.name,
        "side": None if hello.side == "unknown" else hello.side,
        "chip": hello.chip,
        "firmware": version(hello),
    }


def _state_json(status: StatusMessage | None) -> dict[str, Any]:
    if status is None:
        return dict.fromkeys(("state", "battery_v", "battery_percent", "storage_left_s"))
    return {
        "state": status.state,
        "battery_v": status.battery_mv,
        "battery_percent": status.battery_percent,
        "storage_left_s": left_s(status),
    }


def left_s(status: StatusMessage) -> int | None:
    """Return the time of running that the storage has room for, in s."""
    return None if status.minutes_left is None else status.minutes_left * 60


def version(message: Any) -> str:
    """Return the firmware version of a Hello or a run header as text."""
    return f"{message.firmware_major}.{message.firmware_minor}.{message.firmware_patch}"
