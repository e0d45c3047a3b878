"""`retropod firmware`."""

from pathlib import Path

import click

from retropod.cli import output
from retropod.cli.frame import command, settings


@command("firmware")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--keep", is_flag=True, help="Keep these sizes as those of a release.")
def firmware(folder: Path, keep: bool) -> None:
    """Compile the app for every kind of board into FOLDER, and compare its size with the last release's."""
    from retropod.install import release

    before, sizes = release.released(), release.build(folder)
    if keep:
        release.keep(sizes)
    if settings().json:
        output.emit({name: size._asdict() for name, size in sizes.items()})
        return
    rows = [
        [name, *(f"{value}{_change(value, before.get(name), index)}" for index, value in enumerate(size))]
        for name, size in sizes.items()
    ]
    output.table(["for", "files", "bytes", "bytes of flash"], rows)
    output.note(f"without a host: mpremote mip install --target / {folder}/{next(iter(sizes))}/package.json")


def _change(value: int, before: tuple[int, ...] | None, index: int) -> str:
    if before is None or before[index] == value:
        return ""
    return f" ({value - before[index]:+d})"
