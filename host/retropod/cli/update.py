"""`retropod update`."""

import click

from retropod.cli import output
from retropod.cli.frame import command, settings
from retropod.cli.steps import watching

_CHECK_S = 20.0  # a pod that was reset by the opening of its port may still start


@command("update")
@click.option("--check", is_flag=True, help="Compare versions and change nothing.")
def update(check: bool) -> None:
    """Give the pod the app of this tool. Runs and settings stay.

    The new app starts on trial: if it does not settle, the pod goes back to the old one.
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
        output.line(f"updated from {done.before} to {done.after}; runs and settings are unchanged")
    else:
        output.line(f"the pod already runs this app, version {done.after}")


def _only_pod() -> str:
    with settings().connect() as pod:
        return pod.connection.transport.url


def _compare(port: str) -> None:
    from retropod.install.post_install import wait_for_hello
    from retropod.install.update import compare

    found = compare(wait_for_hello(port, _CHECK_S, settings().baud))
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
