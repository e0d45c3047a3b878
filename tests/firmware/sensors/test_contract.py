"""Contract of the drivers: every `check_` of onpod/contract.py for every chip's driver and model, on MicroPython."""

import ast
import functools
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from retropod.build import folded
from retropod.virtual.board import CHIPS
from retropod.virtual.child import ONPOD
from shared import once

HERE = Path(__file__).with_name("onpod")
SAMPLES = 30_000
CHECKS = [
    node.name
    for node in ast.parse((HERE / "contract.py").read_text("utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("check_")
]


@pytest.fixture(scope="session")
def waves(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the waves. `ramp`: every axis shows the sample number; `shake`: every axis moves at its own rate."""
    folder = tmp_path_factory.mktemp("waves")
    index = np.arange(SAMPLES)
    ramp = [index, -index - 1, np.full(SAMPLES, 77), -index - 2, index + 5, np.full(SAMPLES, -88)]
    rhythm = np.array([0.009, 0.013, 0.017, 0.011, 0.015, 0.019])
    shake = [np.rint(1500 * np.sin(index * 2 * np.pi * step) + 37 * np.sin(index * 1.7)) for step in rhythm]
    paths = {}
    for name, columns in (("ramp", ramp), ("shake", shake)):
        for element, part in (("acc", columns[:3]), ("gyr", columns[3:])):
            path = folder / f"{name}_{element}.bin"
            np.column_stack(part).astype("<i2").tofile(path)
            paths[f"{name}_{element}"] = str(path)
    return json.dumps({**paths, "samples": SAMPLES})


@functools.cache
def _run(runtime: Path, kind: str, waves: str) -> tuple[dict[str, str | None], str]:
    """Run all checks on one chip. Return the fault of each check, and the standard error."""
    return once(f"contract {kind}", lambda: _run_alone(runtime, kind, waves))


def _run_alone(runtime: Path, kind: str, waves: str) -> tuple[dict[str, str | None], str]:
    path = [HERE, ONPOD, folded.folders().search_path]
    done = subprocess.run(
        [runtime, "-X", "heapsize=32m", HERE / "run_contract.py"],
        env={
            **os.environ,
            "MICROPYPATH": ":".join(map(str, path)),
            "CONTRACT": json.dumps({**json.loads(waves), "kind": kind, "checks": CHECKS}),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    results = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {result["check"]: result["fault"] for result in results}, done.stderr


@pytest.mark.parametrize("kind", CHIPS)
@pytest.mark.parametrize("check", CHECKS)
def test_contract(micropython: Path, waves: str, kind: str, check: str) -> None:
    results, errors = _run(micropython, kind, waves)
    assert results.get(check, "did not run") is None, errors
