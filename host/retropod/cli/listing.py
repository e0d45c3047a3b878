"""`retropod list`."""

from typing import Any

import click

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.options import options
from retropod.client import discover
from retropod.client.messages import HelloMessage, StatusMessage
from retropod.client.pod import describe
from retropod.errors import NoPod
from retropod.wording import count

_HEADINGS = ["port", "pod", "firmware", "chip", "foot", "state", "battery", "storage", "error"]


@command("list")
@click.option("--all", "everything", is_flag=True, help="Query every port, not only ports with a likely USB chip.")
def list_pods(everything: bool) -> None:
    """Find pods: query every likely port and show the answers.

    A query opens the port. A port that another program uses is shown as busy. A sleeping pod does not answer. On boards
    whose processor is the USB device (C3, S3, XIAO), its port disappears during sleep. Shake the pod or press its
    button, and run the command within ten seconds.
    """
    found = discover.search(everything)
    if options().json:
        for one in found:
            output.print_json(_json(one))
    elif found:
        output.print_table(_HEADINGS, [_row(one) for one in found])
    if not any(one.hello for one in found):
        queried = f"{count(len(found), 'port')} queried"
        more = "" if everything else "run `retropod list --all` to query every port, or "
        raise NoPod(f"no pod found ({queried})", f"{more}try `retropod demo` without a pod; {discover.ASLEEP}")


def _row(one: discover.Found) -> list[str]:
    port = f"{one.port.device} {one.port.bridge}".strip()
    if one.hello is None:
        return [port, *["-"] * 7, one.error.message if one.error else ""]
    hello = one.hello
    return [port, describe(hello), version(hello), str(hello.chip), str(hello.side), *_state(one.status), ""]


def _state(status: StatusMessage | None) -> list[str]:
    """Return state, battery charge and the minutes of running that the storage has room for."""
    if status is None:
        return ["?"] * 3
    minutes = "?" if status.minutes_left is None else f"{status.minutes_left} min"
    charge = "-" if status.battery_percent is None else f"{status.battery_percent} %"
    return [str(status.state).replace("_", " "), charge, minutes]


def _json(one: discover.Found) -> dict[str, Any]:
    answer: dict[str, Any] = {"port": one.port.device, "bridge": one.port.bridge or None, "pod": None, "error": None}
    if one.hello is not None:
        answer["pod"] = {"device_id": one.hello.device_id, "name": one.hello.name, "firmware": version(one.hello),
                         "chip": one.hello.chip, "side": one.hello.side}  # fmt: skip
        if one.status is not None:
            answer["pod"] |= {
                name: one.status.values[name] for name in ("state", "battery_mv", "battery_percent", "minutes_left")
            }
    elif one.error is not None:
        answer["error"] = one.error.message
    return answer


def identity(hello: HelloMessage) -> dict[str, Any]:
    """Return the identity of a pod for `--json`."""
    return {
        "device_id": hello.device_id,
        "name": hello.name,
        "side": None if hello.side == "unknown" else hello.side,
        "chip": hello.chip,
        "firmware": version(hello),
    }


def version(message: Any) -> str:
    """Return the firmware version of a Hello or a run header as text."""
    return f"{message.firmware_major}.{message.firmware_minor}.{message.firmware_patch}"
