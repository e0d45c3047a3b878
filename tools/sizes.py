"""Compare the app's size in flash and in the pod's memory with `firmware/sizes.json`.

`python -m tools.sizes [--keep] [--by-module]`. `--keep` stores the new sizes as the reference of `make check`.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from retropod import sources
from retropod.build import image, release
from retropod.build.release import Size
from retropod.errors import DamagedData, RetropodError
from tools import heap
from tools.heap import Heap, Increment

_STEPS = {
    "imported": "heap, app imported",
    "running": "heap, app running with a six-axis sensor and the engine",
    "name_bytes": "names, included in the heap above",
    "names": "number of names",
    "native": "machine code",
}


def released() -> dict[str, Size]:
    """Return the stored sizes by architecture, or {} if none are stored. Raises DamagedData."""
    return {name: Size(**size) for name, size in _stored("sizes").items()}


def released_heap() -> Heap | None:
    """Return the stored use of memory, or None if none is stored. Raises DamagedData."""
    stored = _stored("heap")
    return Heap(**stored) if stored else None


def _path() -> Path:
    return sources.firmware_dir() / "sizes.json"


def _stored(part: str) -> dict[str, Any]:
    try:
        return json.loads(_path().read_text(encoding="utf-8")).get(part, {}) if _path().exists() else {}
    except (AttributeError, ValueError) as error:
        cause = f"firmware/sizes.json is not a valid sizes file: {error}"
        raise DamagedData(cause, "run `git checkout firmware/sizes.json`") from error


def keep(sizes: dict[str, Size], used: Heap) -> None:
    """Store these sizes as the reference of the next comparison."""
    content = {
        "version": ".".join(map(str, image.version())),
        "sizes": {name: size._asdict() for name, size in sizes.items()},
        "heap": used._asdict(),
    }
    _path().write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def change(value: int, before: int | None) -> str:
    """Return `value` as text, followed by the difference from `before` if there is one."""
    return f"{value}" if before in (None, value) else f"{value} ({value - before:+d})"


def _changes(now: Sequence[int], before: Sequence[int] | None) -> list[str]:
    return [change(value, before[index] if before else None) for index, value in enumerate(now)]


def _print(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False)
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index else "left")
    for row in rows:
        table.add_row(*row)
    console = Console()
    console.print(table)
    console.print()


def _show_memory(used: Heap, before: Heap | None) -> None:
    changes = dict(zip(used._fields, _changes(used, before), strict=True))
    _print(["memory of a pod", "bytes"], [[text, changes[name]] for name, text in _STEPS.items()])


def _show_modules(rows: list[Increment]) -> None:
    _print(["step", "heap", "machine code"], [[row.name, str(row.heap), str(row.native)] for row in rows])
    headings = [f"of {heap.POD_BYTES} bytes, machine code included", "free", "largest piece"]
    _print(headings, [[piece.when, str(piece.free), str(piece.largest)] for piece in heap.pieces()])


@click.command()
@click.option("--keep", "store", is_flag=True, help="Store the new sizes in firmware/sizes.json.")
@click.option("--by-module", is_flag=True, help="Show the memory of each module and the free pieces of the heap.")
def main(store: bool, by_module: bool) -> None:
    """Compare the app's size in flash and in the pod's memory with firmware/sizes.json."""
    try:
        before, heap_before = released(), released_heap()
        sizes = {name: release.measure(image.build(name)) for name in release.ARCHITECTURES}
        used, rows = heap.measure()
        table = [[name, *_changes(size, before.get(name))] for name, size in sizes.items()]
        _print(["app in flash", *Size._fields], table)
        _show_memory(used, heap_before)
        if by_module:
            _show_modules(rows)
        if store:
            keep(sizes, used)
    except RetropodError as error:
        raise click.ClickException(error.message) from error


if __name__ == "__main__":
    main()
