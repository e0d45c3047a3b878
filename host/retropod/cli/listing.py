"""`retropod list`."""

from typing import Any

import click

from retropod import discover
from retropod.cli import output
from retropod.cli.frame import command, settings
from retropod.errors import NoPod
from retropod.pod import describe


@command("list")
@click.option("--all", "everything", is_flag=True, help="Ask every port, not only those with a likely USB chip.")
def list_pods(everything: bool) -> None:
    """Find pods: greet every likely port and show what answers.

    Asking opens the port, so a port that another program holds is shown as busy.
    """
    found = discover.search(everything)
    if settings().json:
        for one in found:
            output.emit(_json(one))
    elif found:
        output.table(["port", "pod", "firmware", "chip", "side", ""], [_row(one) for one in found])
    if not any(one.hello for one in found):
        asked = f"{len(found)} port{'s' if len(found) != 1 else ''} asked"
        more = "" if everything else "`retropod list --all` asks every port; "
        raise NoPod(f"no pod found ({asked})", more + "`retropod demo` needs none")


def _row(one: discover.Found) -> list[str]:
    port = f"{one.port.device} {one.port.bridge}".strip()
    if one.hello is None:
        return [port, "-", "-", "-", "-", one.error.message if one.error else ""]
    hello = one.hello
    return [port, describe(hello), firmware(hello), str(hello.chip), str(hello.side), ""]


def _json(one: discover.Found) -> dict[str, Any]:
    answer: dict[str, Any] = {"port": one.port.device, "bridge": one.port.bridge or None, "pod": None, "error": None}
    if one.hello is not None:
        answer["pod"] = {"device_id": one.hello.device_id, "name": one.hello.name, "firmware": firmware(one.hello),
                         "chip": one.hello.chip, "side": one.hello.side}  # fmt: skip
    elif one.error is not None:
        answer["error"] = one.error.message
    return answer


def firmware(message: Any) -> str:
    """Version as people write it."""
    return f"{message.firmware_major}.{message.firmware_minor}.{message.firmware_patch}"
