"""`retropod import`."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from retropod.cli import failure, output
from retropod.cli.commands import command
from retropod.cli.opened import open_store
from retropod.cli.options import options
from retropod.cli.readings import print_doubts, reading
from retropod.cli.tally import Tally
from retropod.errors import RetropodError, UsageError
from retropod.wording import count

if TYPE_CHECKING:
    from retropod.export.intake import Imported
    from retropod.runs.store import Store


@command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@reading
@click.option("--no-gyro", is_flag=True, help="Ignore the gyroscope of a recording.")
@click.option("--wearer", default="", metavar="NAME", help="State the wearer of a recording.")
@click.option("--start", type=click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]), metavar="TIME",
              help="State the local start of a recording: `2026-03-31 18:05`.")  # fmt: skip
def import_files(
    files: tuple[Path, ...], acc_unit: str | None, gyr_unit: str | None, axes: str | None, fs: float | None,
    no_gyro: bool, wearer: str, start: datetime | None,
) -> None:  # fmt: skip
    """Store each FILE: a run file of another computer, or a recording of another sensor.

    A run file (.rpr) is verified, and stored under its pod. A recording is a file that `retropod replay` reads: npz,
    csv, or a zip file of `retropod capture`. Its samples go through the engine of the pod, and the strides are stored
    as a run under an id that no pod has. The options apply to recordings only.

    A file that is stored already is not stored again. If --wearer or --start differ from the stored run of a recording,
    that run goes to the trash, and the new one replaces it. A file that fails does not stop the others.
    """
    from retropod.recording import Interpretation

    how = Interpretation(acc_unit, gyr_unit, axes, fs)
    start_s = None if start is None else _start_s(start)
    tally, store = Tally("imported", "file"), open_store()
    for file in dict.fromkeys(files):
        try:
            _report(store, file, _imported(store, file, (how, not no_gyro), (wearer, start_s)))
            tally.done += 1
        except RetropodError as error:
            tally.add(str(file), error)
        except OSError as error:
            tally.add(str(file), failure.of_file(error, file))
    tally.finish()


def _start_s(start: datetime) -> float:
    """Return a local start in s since 1970. Raises UsageError if the timing of runs would ignore it."""
    from retropod.client.timesync import EARLIEST_S, LATEST_S

    earliest, latest = (datetime.fromtimestamp(epoch_s) for epoch_s in (EARLIEST_S, LATEST_S))
    if not earliest <= start <= latest:
        raise UsageError(f"the start {start:%Y-%m-%d %H:%M} is not between {earliest:%Y-%m-%d} and {latest:%Y-%m-%d}",
                         "correct --start, or leave it out")  # fmt: skip
    return start.astimezone().timestamp()


def _imported(store: "Store", file: Path, read: tuple[Any, bool], about: tuple[str, float | None]) -> "Imported":
    from retropod.export.intake import import_run, is_run

    if is_run(file):
        return import_run(store, file)
    from retropod.export.engine import RecordingFacts
    from retropod.export.recorded import keep_recording
    from retropod.recording import load

    how, gyroscope = read
    held = load(file, gyroscope, how)
    print_doubts(held.doubts)
    return keep_recording(store, held, RecordingFacts(file.stem, *about))


def _report(store: "Store", file: Path, done: "Imported") -> None:
    from retropod.runs.store import Stored

    name = store.name(Stored(done.pod_id, done.run, done.path))
    if options().json:
        output.print_json({"source": file, "name": name, "file": done.path, "strides": done.strides,
                           "already": done.already})  # fmt: skip
    else:
        state = "already on this computer" if done.already else "imported"
        output.print_line(f"{file}  {state} as {name}, {count(done.strides, 'stride')}  {done.path}")
