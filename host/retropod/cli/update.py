"""`retropod update`."""

from typing import TYPE_CHECKING

import click

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.options import options
from retropod.cli.steps import watching

if TYPE_CHECKING:
    from retropod.board.boardport import BoardPort

_CHECK_S = 20.0  # a pod may still be starting if opening its port has reset it


@command("update")
@click.option("--check", is_flag=True, help="Compare versions and change nothing.")
def update(check: bool) -> None:
    """Install the app of this tool on the pod. Runs and settings stay.

    The new app starts on trial. If the trial fails, the pod falls back to the old app.
    """
    from retropod.install.update import update as run

    with _port() as port:
        if check:
            _compare(port)
            return
        with watching("update") as observer:
            done = run(port, observer)
    if options().json:
        output.print_json({"port": port.url, "before": done.before, "after": done.after, "changed": done.changed})
    elif done.changed:
        output.print_line(f"updated from {done.before} to {done.after}; runs and settings are unchanged")
    else:
        output.print_line(f"already up to date: the pod already runs this app, version {done.after}")


def _port() -> "BoardPort":
    """Return the port from --port, or the open port of the only pod that answers."""
    from retropod.board.boardport import BoardPort

    if options().port == "auto":
        return BoardPort.taken_from(options().connect())
    return BoardPort(options().port, options().baud)


def _compare(port: "BoardPort") -> None:
    from retropod.install.post_install import wait_for_hello
    from retropod.install.update import compare

    found = compare(wait_for_hello(port, _CHECK_S))
    if options().json:
        output.print_json({**found._asdict(), "verdict": found.verdict})
        return
    output.print_table(
        ("", "app", "protocol"),
        [("pod", found.pod, found.pod_protocol), ("this tool", found.here, found.here_protocol)],
    )
    output.print_line(
        {
            "same": "the pod is up to date",
            "older": f"the pod's app is older: retropod --port {port.url} update",
            "newer": "the pod's app is newer: pip install --upgrade retropod",
        }[found.verdict]
    )
