"""`retropod flash --repair`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from retropod.cli import output, pod_tests
from retropod.cli.listing import identity
from retropod.cli.options import options
from retropod.cli.steps import watching
from retropod.errors import DamagedData, OperationFailed

if TYPE_CHECKING:
    from retropod.repair.repair import Repaired
    from retropod.repair.rescue import Rescue


def repair(url: str, yes: bool, force: bool, firmware: Path | None, stub: bool) -> None:
    """Repair the pod at `url`: save the readable runs, install a complete app, verify.

    Raises DamagedData after a repair that could not save everything.
    """
    from retropod.board.boardport import BoardPort
    from retropod.repair.repair import Repair

    with watching("repair") as observer, BoardPort(url, options().baud, stub=stub) as port:

        def confirm(loss: str) -> None:
            with observer.paused():
                _confirm(loss, yes)

        task = Repair(port, confirm, observer, firmware, force=force)
        try:
            done = task.run()
        except BaseException:  # Ctrl-C too
            _report_saved(task.rescue)
            raise
    if options().json:
        output.print_json(_as_json(url, done))
    else:
        _show(url, done)
    if done.failures:
        raise DamagedData(
            f"the pod works, but {len(done.failures)} of its files could not be saved: {', '.join(done.failures)}",
            "" if done.erased else "remove the cause, then run `retropod download`",
        )


def _report_saved(rescue: "Rescue") -> None:
    """Report the files on this computer after a repair that failed."""
    for path in [*(one.path for one in rescue.saved), *rescue.kept]:
        output.print_note(f"saved: {path}")


def _confirm(loss: str, yes: bool) -> None:
    """Raise OperationFailed unless the user agrees to `loss`, by --yes or at the terminal."""
    if yes:
        output.print_note(loss)
    elif not sys.stdin.isatty():
        raise OperationFailed(f"confirmation missing: {loss}", "add --yes")
    elif not output.confirm(f"{loss}. Continue?"):
        raise OperationFailed("cancelled, nothing was erased", "`retropod runs --here` lists the saved runs")


def _as_json(url: str, done: "Repaired") -> dict[str, object]:
    return {
        "port": url,
        "found": done.diagnosis.name,
        "cause": done.diagnosis.cause,
        "saved": [{"run": one.name, "file": str(one.path), "whole": one.whole} for one in done.saved],
        "kept": [str(path) for path in done.stored],
        "not_saved": [{"name": name, "cause": cause} for name, cause in done.failures.items()],
        "settings_aside": done.aside,
        "erased": done.erased,
        "pod": identity(done.greeting) if done.greeting else None,
        "tests": pod_tests.as_json(done.tests),
    }


def _show(url: str, done: "Repaired") -> None:
    from retropod.client.pod import describe
    from retropod.install.post_install import app_version

    output.print_line(f"found     {done.diagnosis.cause}")
    if done.greeting is None:
        output.print_line("the pod works; nothing was changed")
        return
    for one in done.saved:
        output.print_line(f"saved     {one.name}{'' if one.whole else ', readable part only'}  {one.path}")
    for path in done.stored:
        output.print_line(f"stored    {path}")
    for name, cause in done.failures.items():
        output.print_line(f"NOT SAVED {name}: {cause}")
    if done.aside:
        from retropod.repair.settings import listed

        output.print_line(
            f"set aside {listed(done.aside)}: `retropod config set NAME VALUE` sets them again, one by one"
        )
    output.print_line(f"repaired  {describe(done.greeting)}: app {app_version(done.greeting)}")
    pod_tests.show(done.tests)
    output.print_line(f"next: run `retropod --port {url} mount`, unless `retropod info` reports a verified mount")
