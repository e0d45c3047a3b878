"""`retropod install`."""

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.options import options
from retropod.cli.steps import watching
from retropod.errors import RetropodError, UsageError


def named_port(name: str) -> str:
    """Return the port from --port. Raises UsageError for `auto`: the first board that answers may be another one."""
    port = options().port
    if port == "auto":
        raise UsageError("which board?", f"retropod --port /dev/ttyUSB0 {name}; `retropod list --all` shows every port")
    return port


@command("install")
def install() -> None:
    """Put the app on a board that runs stock MicroPython, v1.26.1 or newer. Stored runs and settings stay."""
    from retropod.install.install import install as run

    port = named_port("install")
    with watching("install") as watcher:
        done = run(port, watcher)
        watcher.step("waiting for the app's first answer")
        silent = _silent(port)
    version = ".".join(map(str, done.board.version))
    if options().json:
        output.print_json(
            {
                "port": port,
                "machine": done.board.machine,
                "micropython": version,
                "architecture": done.board.architecture,
                "changed": done.changed,
                "greets": not silent,
            }
        )
    elif done.changed:
        output.print_line(
            f"installed app {done.version} on {done.board.machine}, MicroPython {version}; "
            f"show the pod with: retropod --port {port} info"
        )
    else:
        output.print_line(f"the pod already runs this app, version {done.version}")
    if silent:
        output.print_note(silent)


def _silent(port: str) -> str:
    """Return the reason and the remedy if the app does not answer, otherwise an empty text.

    This is not an error of the installation: the files are complete and compared.
    """
    from retropod.install.post_install import START_S, wait_for_hello

    try:
        wait_for_hello(port, START_S, options().baud)
    except RetropodError as error:
        return f"{error.message}: {error.hint}"
    return ""
