"""`retropod install`."""

from typing import TYPE_CHECKING

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.options import options
from retropod.cli.steps import watching
from retropod.errors import RetropodError, UsageError

if TYPE_CHECKING:
    from retropod.board.boardport import BoardPort


def _port() -> str:
    """Return the port from --port. Raises UsageError for `auto`: the first board that answers may be another one."""
    port = options().port
    if port == "auto":
        raise UsageError(
            "no board named", "retropod --port /dev/ttyUSB0 install; `retropod list --all` shows every port"
        )
    return port


@command("install")
def install() -> None:
    """Install the app on a board that runs stock MicroPython, v1.26.1 or newer. Stored runs and settings stay."""
    from retropod.board.boardport import BoardPort
    from retropod.install.install import install as run

    url = _port()
    with watching("install") as observer, BoardPort(url, options().baud) as port:
        done = run(port, observer)
        observer.step("waiting for the app's first answer")
        failure = _start_failure(port)
    version = ".".join(map(str, done.board.version))
    if options().json:
        output.print_json(
            {
                "port": url,
                "machine": done.board.machine,
                "micropython": version,
                "architecture": done.board.architecture,
                "changed": done.changed,
                "greets": not failure,
            }
        )
    elif done.changed:
        output.print_line(
            f"installed app {done.version} on {done.board.machine}, MicroPython {version}; "
            f"show the pod with: retropod --port {url} info"
        )
    else:
        output.print_line(f"already up to date: the pod already runs this app, version {done.version}")
    if failure:
        output.print_note(failure)


def _start_failure(port: "BoardPort") -> str:
    """Return the reason and the remedy if the app does not answer, otherwise an empty text.

    This is not an error of the installation: the files are complete and verified.
    """
    from retropod.install.post_install import wait_for_hello

    try:
        wait_for_hello(port)
    except RetropodError as error:
        return f"{error.message}: {error.hint}"
    return ""
