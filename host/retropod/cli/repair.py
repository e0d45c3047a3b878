"""`retropod flash --repair`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from retropod.cli import output
from retropod.cli.options import options
from retropod.cli.steps import watching
from retropod.errors import OperationFailed

if TYPE_CHECKING:
    from retropod.repair.repair import Repaired


def repair(port: str, yes: bool, firmware: Path | None) -> None:
    """Mend the pod at `port`: save what can be read, put a whole app on it, verify, greet."""
    from retropod.repair.repair import Repair

    with watching("repair") as watcher:

        def ask(loss: str) -> None:
            with watcher.quiet():
                _agree(loss, yes)

        done = Repair(port, ask, options().baud, watcher, firmware).run()
    if options().json:
        output.print_json(_as_json(port, done))
    else:
        _show(port, done)


def _agree(loss: str, yes: bool) -> None:
    """Raises unless a person, here or by --yes, agrees to lose that."""
    if yes:
        output.print_note(loss)
    elif not sys.stdin.isatty():
        raise OperationFailed(f"only with your consent: {loss}", "add --yes")
    elif not click.confirm(f"{loss}. Go on?", default=False, err=True):
        raise OperationFailed("nothing was changed", "what could be saved is saved: `retropod runs --here`")


def _as_json(port: str, done: "Repaired") -> dict[str, object]:
    return {
        "port": port,
        "found": done.diagnosis.name,
        "cause": done.diagnosis.cause,
        "saved": [{"run": one.name, "file": str(one.path), "whole": one.whole} for one in done.saved],
        "kept": [str(path) for path in done.kept],
        "erased": done.erased,
        "pod": done.greeting.values if done.greeting else None,
        "tests": [{"item": item, "verdict": verdict, "text": text} for item, verdict, text in done.tests],
    }


def _show(port: str, done: "Repaired") -> None:
    from retropod.client.pod import describe
    from retropod.install.post_install import firmware

    output.print_line(f"found  {done.diagnosis.cause}")
    if done.greeting is None:
        output.print_line("the pod works; nothing was changed")
        return
    for one in done.saved:
        output.print_line(f"saved  {one.name}{'' if one.whole else ', as far as it can be read'}  {one.path}")
    for path in done.kept:
        output.print_line(f"kept   {path}")
    output.print_line(f"mended {describe(done.greeting)}: app {firmware(done.greeting)}")
    for item, verdict, text in done.tests:
        output.print_line(f"  {item:<8} {verdict:<5} {text}")
    output.print_line(f"next: retropod --port {port} mount, unless `info` says that its mount is verified")
