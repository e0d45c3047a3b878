"""`retropod capture`."""

from pathlib import Path
from typing import Any

import click

from retropod.cli import output
from retropod.cli.frame import command, settings


@command("capture")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--seconds",
    type=click.FloatRange(0.0, 600.0),
    default=10.0,
    show_default=True,
    metavar="S",
    help="For how long raw samples are taken; 0: none.",
)
@click.option("--anonymous", is_flag=True, help="Without the names of pod and wearer, and without its id.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
def capture(file: Path, seconds: float, anonymous: bool, force: bool) -> None:  # fmt: skip
    """Raw samples, settings, faults, versions and the pod's tests of itself in one FILE (a zip), for a bug report.

    Let the pod lie still for the tests; when samples are taken, do what goes wrong. `retropod replay FILE` sends the
    samples through the pod's own code again. A line that is too slow for raw samples is no hindrance: they are recorded
    on the pod then, fetched, and erased there.
    """
    from retropod.capture.archive import reserve, write
    from retropod.capture.collect import take

    reserve(file, force)
    with settings().connect() as pod:
        held = take(pod, seconds, anonymous, output.note)
    size = write(held, file)
    about: dict[str, Any] = {"file": str(file), "size": size, "samples": held.report["samples"], "notes": held.notes}
    if settings().json:
        output.emit(about)
        return
    for note in held.notes:
        output.note(f"note: {note}")
    output.line(_summary(about))
    if not anonymous:
        _name_what_is_private(held.report)


def _summary(about: dict[str, Any]) -> str:
    samples = about["samples"]
    if samples is None:
        taken = "no samples"
    else:
        taken = f"{samples['count']} samples at {samples['rate_hz']:.1f} Hz, {samples['missing']} missing"
    return f"{about['file']}: {taken}, {about['size'] / 1024:.0f} kB"


def _name_what_is_private(report: dict[str, Any]) -> None:
    told = report.get("settings") or {}
    names = [f"{key} {told[key]!r}" for key in ("name", "wearer") if told.get(key)]
    output.note(f"it holds {', '.join([*names, 'the pod id'])}: --anonymous leaves these out")
