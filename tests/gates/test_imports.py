"""Contracts of the imports between packages (import-linter, see pyproject.toml), and a planted import for each."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.gate

# Contract id -> module and the import that it must refuse.
PLANTED = {
    "layers": ("retropod/client/wire.py", "from retropod.runs import store"),
    "cycles": ("retropod/install/__init__.py", "import retropod.repair.repair"),
    "firmware": ("retropod/cli/firmware.py", "def late():\n    from tools import heap"),
    "wire": ("retrowire/codec.py", "import numpy"),
    "transport": ("retropod/transport/serial.py", "from retrowire import framing"),
}
# Packages of one layer may import each other in one direction.
SIBLING = {"cycles": ("retropod/repair/__init__.py", "import retropod.install.install")}


def _lint(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import sys; from importlinter.cli import lint_imports_command as main; main()"]
    return subprocess.run(
        [*command, "--config", str(folder / "pyproject.toml"), "--no-cache", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def copy(repo_root: Path, tmp_path: Path) -> Path:
    """The wheel's packages and the contracts, to be changed by the test."""
    ignored = shutil.ignore_patterns("__pycache__", "*.bin", "*.csv")
    shutil.copytree(repo_root / "host" / "retropod", tmp_path / "retropod", ignore=ignored)
    shutil.copytree(repo_root / "protocol" / "retrowire", tmp_path / "retrowire", ignore=ignored)
    shutil.copy(repo_root / "pyproject.toml", tmp_path)
    return tmp_path


def _plant(folder: Path, name: str, text: str) -> None:
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write(f"\n{text}\n")


def test_imports_keep_the_contracts(copy: Path) -> None:
    done = _lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("contract", PLANTED)
def test_contract_can_fail(contract: str, copy: Path) -> None:
    _plant(copy, *PLANTED[contract])
    if contract in SIBLING:
        _plant(copy, *SIBLING[contract])
    done = _lint(copy, "--contract", contract)
    assert done.returncode == 1 and "BROKEN" in done.stdout, done.stdout + done.stderr


def test_every_contract_has_a_planted_import(repo_root: Path) -> None:
    configuration = tomllib.loads((repo_root / "pyproject.toml").read_text("utf-8"))
    contracts = configuration["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in contracts} == set(PLANTED)
