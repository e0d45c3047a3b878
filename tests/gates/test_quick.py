"""`make quick` leaves out paths that exist, and collects the rest."""

import subprocess
import sys
from pathlib import Path

import pytest

import quick

pytestmark = pytest.mark.gate


def test_paths_that_are_left_out_exist(repo_root: Path) -> None:
    missing = [name for name in quick.LEFT_OUT if not (repo_root / "tests" / name).exists()]
    assert not missing, f"update LEFT_OUT in tests/quick.py: {missing}"


def test_left_out_paths_are_not_collected(repo_root: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-p", "quick", "--collect-only", "tests"]
    done = subprocess.run(command, cwd=repo_root, capture_output=True, text=True, check=False)
    files = {line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line}
    assert "tests/test_architecture.py" in files
    assert [file for file in files for name in quick.LEFT_OUT if file.startswith(f"tests/{name}")] == []
