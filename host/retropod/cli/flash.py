"""`retropod flash`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from retropod.cli import output, pod_tests
from retropod.cli.commands import command
from retropod.cli.listing import identity
from retropod.cli.options import options
from retropod.cli.steps import watching
from retropod.errors import NoPod, OperationFailed, UsageError

if TYPE_CHECKING:
    from retropod.install.flash import Flashed

# Results of the probe (board/probe.py) that need a decision. Any other board is bare and is erased without a question.
_FOUND = {"app": "a pod", "repl": "a board with MicroPython", "files": "a silent board with files in its flash"}


@command("flash")
@click.option(
    "--firmware",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Write this MicroPython image, without network. Default: the image for the board, downloaded once.",
)
@click.option("--yes", "-y", is_flag=True, help="Erase a board that has MicroPython and stored runs, without asking.")
@click.option(
    "--repair",
    is_flag=True,
    help="Repair a pod that does not work: save its runs, then install a complete app. Ask before erasing.",
)
@click.option("--force", is_flag=True,
              help="With --repair: erase even if this computer could not save a run that can be read.")  # fmt: skip
@click.option("--keep-micropython", "keep", is_flag=True,
              help="Keep MicroPython and all files of the board, and install only the app.")  # fmt: skip
@click.option("--no-stub", is_flag=True,
              help="Use the chip's own boot loader, for a board on which esptool hangs. It takes longer.")  # fmt: skip
def flash(firmware: Path | None, yes: bool, keep: bool, repair: bool, force: bool, no_stub: bool) -> None:
    """Set up a bare ESP32 as a pod: install MicroPython and the app, set the clock, run a short test."""
    if repair:
        from retropod.cli.repair import repair as run_repair

        run_repair(_port(), yes, force, firmware, not no_stub)
        return
    if force:
        raise UsageError("--force has an effect only with --repair", "add --repair")
    from retropod.board.boardport import BoardPort
    from retropod.install import flash as install

    url = _port()

    with watching("flash") as observer, BoardPort(url, options().baud, stub=not no_stub) as port:

        def decide(found: str) -> str:
            if yes or keep:
                return install.ERASE if yes else install.KEEP
            if found not in _FOUND:
                return install.ERASE
            with observer.paused():
                return install.ERASE if _agrees(url, _FOUND[found]) else install.KEEP

        done = install.flash(port, decide, firmware, observer)
    if firmware and not done.erased:
        output.print_note(f"{firmware} was not written: the board keeps its MicroPython")
    _show(url, done)


def _port() -> str:
    """Return the port from --port, or the only port with a board. Raises NoPod that lists several boards."""
    from retropod.transport.failures import DRIVER
    from retropod.transport.ports import ports

    if options().port != "auto":
        return options().port
    found = ports()
    if len(found) == 1:
        return found[0].device
    if not found:
        raise NoPod(
            "no board found",
            "plug the board in with a cable that carries data; `retropod list --all` shows every port; "
            f"if it shows none, {DRIVER}",
        )
    listed = ", ".join(f"{one.device} ({one.bridge})" for one in found)
    raise NoPod(f"{len(found)} boards found: {listed}", f"name one: retropod --port {found[0].device} flash")


def _agrees(url: str, found: str) -> bool:
    """Ask the user whether to erase the board. Raises OperationFailed without a terminal."""
    if not sys.stdin.isatty():
        raise OperationFailed(
            f"the board on {url} is not bare: it is {found}",
            "--repair saves the runs first; --keep-micropython installs the app and keeps everything else; "
            "--yes erases the board with all runs",
        )
    output.print_note(f"the board on {url} is not bare: it is {found}; erasing it deletes every run on it")
    return output.confirm("erase it? (no: install only the app and keep everything else)")


def _show(url: str, done: "Flashed") -> None:
    from retropod.client.pod import describe
    from retropod.install.post_install import app_version

    version = ".".join(map(str, done.board.version))
    if options().json:
        output.print_json(
            {
                "port": url,
                "pod": identity(done.greeting),
                "machine": done.board.machine,
                "micropython": version,
                "erased": done.erased,
                "tests": pod_tests.as_json(done.tests),
            }
        )
        return
    output.print_line(f"{describe(done.greeting)}: app {app_version(done.greeting)} on MicroPython {version}")
    pod_tests.show(done.tests)
    output.print_line(f"next: attach the pod to the shoe, then run `retropod --port {url} mount`")
