"""`retropod flash`."""

import sys
from pathlib import Path

import click

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.options import options
from retropod.cli.steps import watching
from retropod.errors import NoPod, OperationFailed, UsageError

# what is asked about; a board on which nothing of the kind is found is bare
_FOUND = {"app": "a pod", "repl": "a board with MicroPython", "files": "a silent board with files in its flash"}


@command("flash")
@click.option(
    "--firmware",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="MicroPython image to write; without network. Default: the one for the board, downloaded once.",
)
@click.option("--yes", "-y", is_flag=True, help="Erase a board that runs MicroPython already, runs and all, unasked.")
@click.option(
    "--repair",
    is_flag=True,
    help="Mend a pod that does not work: save its runs, then give it a whole app. Asks before it erases.",
)
@click.option("--keep-micropython", "keep", is_flag=True,
              help="Leave the MicroPython that is there, with its files; install the app only.")  # fmt: skip
def flash(firmware: Path | None, yes: bool, keep: bool, repair: bool) -> None:
    """From a bare ESP32 to a working pod: MicroPython, the app, the clock, a short test."""
    if repair:
        from retropod.cli.repair import repair as run_repair

        run_repair(_port(), yes, firmware)
        return
    from retropod.install import flash as install

    if yes and keep:
        raise UsageError("--yes and --keep-micropython exclude each other", "give one of them")
    port = _port()

    with watching("flash") as watcher:

        def decide(found: str) -> str:
            if yes or keep:
                return install.ERASE if yes else install.KEEP
            if found not in _FOUND:
                return install.ERASE
            with watcher.quiet():
                return install.ERASE if _asked(port, _FOUND[found]) else install.KEEP

        done = install.flash(port, decide, firmware, options().baud, watcher)
    _show(port, done)


def _port() -> str:
    """The port that was named, or the only one with a board behind; several are listed."""
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
            f"plug it in with a cable that carries data; `retropod list --all` shows every port; none at all: {DRIVER}",
        )
    listed = ", ".join(f"{one.device} ({one.bridge})" for one in found)
    raise NoPod(f"{len(found)} boards: {listed}", f"name one: retropod --port {found[0].device} flash")


def _asked(port: str, what: str) -> bool:
    """Whether to erase. Only a person may say so."""
    if not sys.stdin.isatty():
        raise OperationFailed(
            f"on {port} is {what} already",
            "--keep-micropython installs the app and keeps everything else; --repair saves the runs first; "
            "--yes erases the board, runs and all",
        )
    output.print_note(f"on {port} is {what} already: erasing it loses every run on it")
    return click.confirm("erase it? (no: only the app is installed, all else is kept)", default=False, err=True)


def _show(port: str, done: object) -> None:
    from retropod.client.pod import describe
    from retropod.install.flash import Flashed
    from retropod.install.post_install import firmware

    assert isinstance(done, Flashed)
    version = ".".join(map(str, done.board.version))
    if options().json:
        tests = [{"item": item, "verdict": verdict, "text": text} for item, verdict, text in done.tests]
        output.print_json(
            {
                "port": port,
                "pod": done.greeting.values,
                "machine": done.board.machine,
                "micropython": version,
                "erased": done.erased,
                "tests": tests,
            }
        )
        return
    output.print_line(f"{describe(done.greeting)}: app {firmware(done.greeting)} on MicroPython {version}")
    for item, verdict, text in done.tests:
        output.print_line(f"  {item:<8} {verdict:<5} {text}")
    output.print_line(f"next: fasten it to the shoe, then: retropod --port {port} mount")
