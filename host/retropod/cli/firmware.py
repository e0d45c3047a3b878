"""`retropod firmware`."""

from pathlib import Path

import click

from retropod.cli import output
from retropod.cli.frame import command, settings


@command("firmware")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def firmware(folder: Path) -> None:
    """Compile the app for every kind of board into FOLDER and show its size in flash."""
    from retropod.build import release

    sizes = release.build(folder)
    if settings().json:
        output.emit({name: size._asdict() for name, size in sizes.items()})
        return
    output.table(
        ["for", "files", "bytes", "bytes of flash"],
        [[name, *map(str, size)] for name, size in sizes.items()],
        "lrrr",
    )
    output.note(
        f"to install without retropod: mpremote mip install --target / {folder}/{next(iter(sizes))}/package.json"
    )
