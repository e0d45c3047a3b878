"""`retropod update`."""

import click

from retropod.cli import output
from retropod.cli.frame import command, settings
from retropod.cli.steps import watching


@command("update")
@click.option("--check", is_flag=True, help="Only compare versions.")
def update(check: bool) -> None:
    """Give the pod the app that this tool carries; runs and settings stay.

    The new app runs on trial first: if it does not start, the pod goes back to the old one by itself.
    """
    port = settings().port
    if port == "auto":
        port = _only_pod()
    if check:
        _compare(port)
        return
    from retropod.install.update import update as run

    with watching("update") as watcher:
        done = run(port, settings().baud, watcher)
    if settings().json:
        output.emit({"port": port, "before": done.before, "after": done.after, "changed": done.changed})
    elif done.changed:
        output.line(f"updated from {done.before} to {done.after}; runs and settings are as they were")
    else:
        output.line(f"the pod has this very app already, {done.after}")


def _only_pod() -> str:
    with settings().connect() as pod:
        return pod.connection.transport.url


def _compare(port: str) -> None:
    from retropod.install.greet import hello
    from retropod.install.update import compare

    found = compare(hello(port, 5.0, settings().baud))
    if settings().json:
        output.emit({**found._asdict(), "verdict": found.verdict})
        return
    output.line(f"pod   app {found.pod}, protocol {found.pod_protocol}")
    output.line(f"here  app {found.here}, protocol {found.here_protocol}")
    output.line(
        {
            "same": "nothing to do",
            "older": f"the pod's is older: retropod --port {port} update",
            "newer": "the pod's is newer: pip install --upgrade retropod",
        }[found.verdict]
    )
