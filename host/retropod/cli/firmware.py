"""`retropod firmware`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from retropod.cli import output
from retropod.cli.frame import command, settings
from retropod.errors import OperationFailed

if TYPE_CHECKING:
    from tools.heap import Heap, Row


@command("firmware")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--keep", is_flag=True, help="Keep these sizes as those that the next ones are compared with.")
@click.option(
    "--by-module", is_flag=True, help="Show what each module takes of the pod's memory, and in what pieces the rest is."
)
def firmware(folder: Path, keep: bool, by_module: bool) -> None:
    """Compile the app for every kind of board into FOLDER, and compare with the last release what it takes: flash, RAM.

    Memory is counted only where the development tools are installed.
    """
    from retropod.build import release

    before, sizes = release.released(), release.build(folder)
    heap_before, (heap, rows) = release.released_heap(), _heap(required=keep or by_module)
    if keep and heap:
        release.keep(sizes, heap)
    if settings().json:
        counted = {"heap": heap._asdict()} if heap else {}
        output.emit({name: size._asdict() for name, size in sizes.items()} | counted)
        return
    table = [
        [name, *(f"{value}{_change(value, before.get(name), index)}" for index, value in enumerate(size))]
        for name, size in sizes.items()
    ]
    output.table(["for", "files", "bytes", "bytes of flash"], table)
    if heap:
        output.line()
        _show(heap, heap_before)
    if by_module:
        output.line()
        output.table(
            ["step", "heap", "machine code"], [[row.name, str(row.heap), str(row.native)] for row in rows], "lrr"
        )
        _show_pieces(heap)
    output.note(f"without a host: mpremote mip install --target / {folder}/{next(iter(sizes))}/package.json")


def _heap(required: bool) -> "tuple[Heap | None, list[Row]]":
    from tools import heap

    try:
        return heap.measure()
    except OperationFailed as error:
        if required:
            raise
        output.note(f"memory is not counted: {error.message}")
        return None, []


def _show(heap: "Heap", before: "Heap | None") -> None:
    meanings = {
        "imported": "heap, the app imported",
        "running": "heap, with its objects, a six-axis driver and the engine",
        "name_bytes": "of that, names",
        "names": "names (a number)",
        "native": "machine code",
    }
    rows = [
        [text, f"{getattr(heap, name)}{_change(getattr(heap, name), before, heap._fields.index(name))}"]
        for name, text in meanings.items()
    ]
    output.table(["memory of a pod", "bytes"], rows)


def _show_pieces(heap: "Heap | None") -> None:
    from tools.heap import POD_BYTES, pieces

    if heap:
        rows = [[piece.when, str(piece.free), str(piece.largest)] for piece in pieces()]
        output.line()
        output.table([f"of {POD_BYTES} bytes, machine code included", "free", "largest piece"], rows, "lrr")


def _change(value: int, before: tuple[int, ...] | None, index: int) -> str:
    if before is None or before[index] == value:
        return ""
    return f" ({value - before[index]:+d})"
