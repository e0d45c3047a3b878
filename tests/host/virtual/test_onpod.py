"""The stand-ins on the runtime that they are for: every `check_` function of onpod/ is one test here."""

import ast
import functools
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from retropod.virtual.child import ONPOD

HERE = Path(__file__).with_name("onpod")
MODULES = ("clocks", "registers", "fifo", "faulty", "hostfiles", "waves")


def _checks(module: str) -> list[str]:
    tree = ast.parse((HERE / f"{module}.py").read_text(encoding="utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("check_")]


@functools.cache
def _run(runtime: Path, module: str, wave: Path) -> tuple[dict[str, str | None], str]:
    config = json.dumps({"module": module, "checks": _checks(module), "wave": str(wave)})
    done = subprocess.run(
        [runtime, HERE / "run.py"],
        env={**os.environ, "MICROPYPATH": f"{HERE}:{ONPOD}:.frozen", "CHECKS": config},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    results = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {result["check"]: result["fault"] for result in results}, done.stderr


@pytest.fixture(scope="session")
def wave(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Samples that are their own index."""
    path = tmp_path_factory.mktemp("wave") / "ramp.bin"
    np.repeat(np.arange(20_000, dtype="<i2"), 3).tofile(path)
    return path


@pytest.mark.parametrize(("module", "check"), [(module, check) for module in MODULES for check in _checks(module)])
def test_onpod(micropython: Path, wave: Path, module: str, check: str) -> None:
    results, errors = _run(micropython, module, wave)
    assert results.get(check, "did not run") is None, errors
