"""`retropod capture`."""

from pathlib import Path
from typing import Any

import click

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.finite import FiniteRange
from retropod.cli.options import options
from retropod.errors import NoPod
from retropod.wording import count


@command("capture")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--seconds",
    type=FiniteRange(0.0, 600.0),
    default=10.0,
    show_default=True,
    metavar="S",
    help="Take raw samples for this time; 0 takes none.",
)
@click.option("--anonymous", is_flag=True, help="Omit the names of pod and wearer, and the id of the pod.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def capture(file: Path, seconds: float, anonymous: bool, force: bool) -> None:  # fmt: skip
    """Write raw samples, settings, faults, versions and self-test results to the zip file FILE, for a bug report.

    Keep the pod still during the tests. Reproduce the problem while samples are taken. `retropod replay FILE` sends the
    samples through the code of the pod. A part that fails is left out and listed. If the line is too slow for raw
    samples, the pod records them, and this command downloads and erases that run.
    """
    from retropod.capture.archive import reserve, write
    from retropod.capture.collect import take

    reserve(file, force)
    with options().connect() as pod:
        held = take(pod, seconds, anonymous, output.print_note)
    path = write(held, file, force)
    samples = held.report["samples"]
    about = {"file": str(path), "size_bytes": path.stat().st_size, "samples": samples, "notes": held.notes}
    if options().json:
        output.print_json(about)
    else:
        _show(about, held.report, anonymous)
    if held.lost is not None:
        raise NoPod(f"{held.lost.message}; {path} has the parts that the pod sent before", held.lost.hint)


def _show(about: dict[str, Any], report: dict[str, Any], anonymous: bool) -> None:
    for note in about["notes"]:
        output.print_note(f"note: {note}")
    output.print_line(_summary(about))
    if not anonymous:
        _warn_of_private_data(report)


def _summary(about: dict[str, Any]) -> str:
    samples = about["samples"]
    if samples is None:
        taken = "no samples"
    else:
        taken = f"{count(samples['count'], 'sample')} at {samples['rate_hz'] or 0:.1f} Hz, {samples['missing']} missing"
    return f"{about['file']}: {taken}, {about['size_bytes'] / 1024:.0f} kB"


def _warn_of_private_data(report: dict[str, Any]) -> None:
    values = report.get("settings") or {}
    names = [f"{key} {values[key]!r}" for key in ("name", "wearer") if values.get(key)]
    output.print_note(f"the file contains {', '.join([*names, 'the pod id'])}: use --anonymous to omit them")
