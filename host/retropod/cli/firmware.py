"""`retropod firmware`."""

from pathlib import Path

import click

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.options import options


@command("firmware")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def firmware(folder: Path) -> None:
    """Compile the app for every kind of board into FOLDER and show its size in flash."""
    from retropod.build import release

    sizes = release.build(folder)
    if options().json:
        output.print_json(
            {
                name: {"files": size.files, "size_bytes": size.bytes, "flash_bytes": size.flash}
                for name, size in sizes.items()
            }
        )
        return
    output.print_table(
        ["for", "files", "bytes", "bytes of flash"],
        [[name, *map(str, size)] for name, size in sizes.items()],
        "lrrr",
    )
    output.print_note(
        f"install without retropod: mpremote mip install --target / {folder}/{next(iter(sizes))}/package.json"
    )
