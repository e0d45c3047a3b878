"""The app as files for every kind of board, with a description that `mpremote mip` installs from; what they take."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from retropod import sources
from retropod.errors import DamagedData
from retropod.build import image
from tools.heap import Heap

ARCHITECTURES = ("xtensawin", "rv32imc")  # ESP32 and S3; C3
_SIZES = "sizes.json"
_BLOCK = 4096


class Size(NamedTuple):
    """How much one app is: files, their bytes, and the bytes of flash that they take in blocks of 4 kB."""

    files: int
    bytes: int
    flash: int


def build(folder: Path) -> dict[str, Size]:
    """Write the app for every architecture below `folder`; returns their sizes."""
    return {name: _write(image.build(name), folder / name) for name in ARCHITECTURES}


def _write(app: image.App, folder: Path) -> Size:
    for file in [*app.files, *app.starters]:
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
    (folder / "package.json").write_text(_package(app), encoding="utf-8")
    return measure(app)


def measure(app: image.App) -> Size:
    """What an app takes."""
    return Size(len(app.files), app.size, sum(-(-len(file.data) // _BLOCK) * _BLOCK for file in app.files))


def _package(app: image.App) -> str:
    """What `mpremote mip install --target / package.json` needs; main.py comes last."""
    names = [file.name for file in [*app.files, *app.starters]]
    content = {"urls": [[name, name] for name in names], "deps": [], "version": ".".join(map(str, app.version))}
    return json.dumps(content, indent=1) + "\n"


def released() -> dict[str, Size]:
    """Sizes of the last release, by architecture; empty when none are kept. Raises DamagedData."""
    return {name: Size(**size) for name, size in _kept("sizes").items()}


def released_heap() -> Heap | None:
    """What the app took of the pod's memory when it was last kept; None when it was not. Raises DamagedData."""
    kept = _kept("heap")
    return Heap(**kept) if kept else None


def _kept(what: str) -> dict[str, Any]:
    path = sources.firmware_dir() / _SIZES
    try:
        return json.loads(path.read_text()).get(what, {}) if path.exists() else {}
    except (AttributeError, ValueError) as error:
        raise DamagedData(f"{path} is no table of sizes: {error}", "git checkout firmware/sizes.json") from error


def keep(sizes: dict[str, Size], heap: Heap) -> None:
    """Make these the sizes that the next release is compared with."""
    content = {
        "version": ".".join(map(str, image.version())),
        "sizes": {name: size._asdict() for name, size in sizes.items()},
        "heap": heap._asdict(),
    }
    (sources.firmware_dir() / _SIZES).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
