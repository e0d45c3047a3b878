"""`retropod list`."""

from typing import Any

import click

from retropod.cli import output
from retropod.cli.frame import command, settings
from retropod.client import discover
from retropod.client.messages import StatusMessage
from retropod.client.pod import describe
from retropod.errors import NoPod


@command("list")
@click.option("--all", "everything", is_flag=True, help="Ask every port, not only those with a likely USB chip.")
def list_pods(everything: bool) -> None:
    """Find pods: greet every likely port and show what answers.

    Asking opens the port, so a port that another program holds is shown as busy. A pod that sleeps does not answer, and
    where the processor itself is the USB device (C3, S3, XIAO) its port is gone meanwhile: shake it, or press its
    button, and ask within ten seconds.
    """
    found = discover.search(everything)
    if settings().json:
        for one in found:
            output.emit(_json(one))
    elif found:
        output.table(
            ["port", "pod", "firmware", "chip", "side", "state", "battery", "storage", ""], [_row(one) for one in found]
        )
    if not any(one.hello for one in found):
        asked = f"{len(found)} port{'s' if len(found) != 1 else ''} asked"
        more = "" if everything else "`retropod list --all` asks every port; "
        raise NoPod(f"no pod found ({asked})", f"{more}`retropod demo` needs none; {discover.ASLEEP}")


def _row(one: discover.Found) -> list[str]:
    port = f"{one.port.device} {one.port.bridge}".strip()
    if one.hello is None:
        return [port, *["-"] * 7, one.error.message if one.error else ""]
    hello = one.hello
    return [port, describe(hello), firmware(hello), str(hello.chip), str(hello.side), *_how(one.status), ""]


def _how(status: StatusMessage | None) -> list[str]:
    """State, battery, minutes of running that still fit."""
    if status is None:
        return ["?"] * 3
    minutes = "?" if status.minutes_left is None else f"{status.minutes_left} min"
    charge = "-" if status.battery_percent is None else f"{status.battery_percent} %"
    return [str(status.state).replace("_", " "), charge, minutes]


def _json(one: discover.Found) -> dict[str, Any]:
    answer: dict[str, Any] = {"port": one.port.device, "bridge": one.port.bridge or None, "pod": None, "error": None}
    if one.hello is not None:
        answer["pod"] = {"device_id": one.hello.device_id, "name": one.hello.name, "firmware": firmware(one.hello),
                         "chip": one.hello.chip, "side": one.hello.side}  # fmt: skip
        if one.status is not None:
            answer["pod"] |= {
                name: one.status.values[name] for name in ("state", "battery_mv", "battery_percent", "minutes_left")
            }
    elif one.error is not None:
        answer["error"] = one.error.message
    return answer


def firmware(message: Any) -> str:
    """Version as people write it."""
    return f"{message.firmware_major}.{message.firmware_minor}.{message.firmware_patch}"
