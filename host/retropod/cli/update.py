"""`retropod update`."""

import click

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.options import options
from retropod.cli.steps import watching

_CHECK_S = 20.0  # a pod that was reset by the opening of its port may still start


@command("update")
@click.option("--check", is_flag=True, help="Compare versions and change nothing.")
def update(check: bool) -> None:
    """Give the pod the app of this tool. Runs and settings stay.

    The new app starts on trial: if it does not settle, the pod goes back to the old one.
    """
    port = options().port
    if port == "auto":
        port = _only_pod()
    if check:
        _compare(port)
        return
    from retropod.install.update import update as run

    with watching("update") as watcher:
        done = run(port, options().baud, watcher)
    if options().json:
        output.print_json({"port": port, "before": done.before, "after": done.after, "changed": done.changed})
    elif done.changed:
        output.print_line(f"updated from {done.before} to {done.after}; runs and settings are unchanged")
    else:
        output.print_line(f"the pod already runs this app, version {done.after}")


def _only_pod() -> str:
    with options().connect() as pod:
        return pod.connection.transport.url


def _compare(port: str) -> None:
    from retropod.install.post_install import wait_for_hello
    from retropod.install.update import compare

    found = compare(wait_for_hello(port, _CHECK_S, options().baud))
    if options().json:
        output.print_json({**found._asdict(), "verdict": found.verdict})
        return
    output.print_line(f"pod   app {found.pod}, protocol {found.pod_protocol}")
    output.print_line(f"here  app {found.here}, protocol {found.here_protocol}")
    output.print_line(
        {
            "same": "nothing to do",
            "older": f"the pod's is older: retropod --port {port} update",
            "newer": "the pod's is newer: pip install --upgrade retropod",
        }[found.verdict]
    )
