"""Write the app as files for every kind of board, with a description that `mpremote mip` can install."""

import json
from pathlib import Path
from typing import NamedTuple

from retropod.build import image
from retropod.errors import OperationFailed, naming

ARCHITECTURES = ("xtensawin", "rv32imc")  # ESP32 and S3; C3
_BLOCK = 4096


class Size(NamedTuple):
    """Size of an app: number of files, their bytes, and the bytes of the 4 kB flash blocks that they occupy."""

    files: int
    bytes: int
    flash: int


def build(folder: Path) -> dict[str, Size]:
    """Write the app for every architecture below `folder` and return the sizes by architecture.

    Raises OperationFailed if the app does not compile or a file cannot be written.
    """
    apps = {name: image.build(name) for name in ARCHITECTURES}
    try:
        return {name: _write(app, folder / name) for name, app in apps.items()}
    except OSError as error:
        cause = error.strerror or str(error)
        raise OperationFailed(
            f"{error.filename or folder}: {cause[:1].lower()}{cause[1:]}",
            f"choose another folder, or free space there; {folder} is incomplete until the command succeeds",
        ) from error


def _write(app: image.BuiltApp, folder: Path) -> Size:
    for file in [*app.files, *app.starters]:
        path = folder / file.name
        with naming(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.data)
    description = folder / "package.json"
    with naming(description):
        description.write_text(_package(app), encoding="utf-8")
    return measure(app)


def measure(app: image.BuiltApp) -> Size:
    """Return the size of an app, without its starters."""
    return Size(len(app.files), app.size, sum(-(-len(file.data) // _BLOCK) * _BLOCK for file in app.files))


def _package(app: image.BuiltApp) -> str:
    """Return the description for `mpremote mip install --target / package.json`, with main.py as the last file."""
    names = [file.name for file in [*app.files, *app.starters]]
    content = {"urls": [[name, name] for name in names], "deps": [], "version": ".".join(map(str, app.version))}
    return json.dumps(content, indent=1) + "\n"
