"""Shared tests on the pod's runtimes, and tests that need these runtimes."""

import subprocess
import sys
from pathlib import Path

import pytest

import runtimes

HERE = Path(__file__).resolve().parent
RUNNER = HERE / "onpod_runner.py"
SHARED = sorted((HERE / "shared").glob("test_*.py"))


def counted(output: str) -> int:
    """Return the number of passed tests from the runner, and check that none failed."""
    last = output.splitlines()[-1]
    assert last.endswith(" passed, 0 failed"), output
    return int(last.split()[0])


@pytest.fixture(scope="module")
def collected() -> int:
    """Return the number of shared tests that pytest finds."""
    command = [sys.executable, "-m", "pytest", "--collect-only", *map(str, SHARED)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE.parents[1])
    found = [line for line in done.stdout.splitlines() if "::" in line]
    assert len(found) > 50, done.stdout + done.stderr
    return len(found)


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory, repo_root: Path) -> Path:
    sources = [repo_root / "protocol" / "retrowire", repo_root / "protocol" / "vectors", RUNNER]
    return runtimes.stage(tmp_path_factory.mktemp("wasm"), [*sources, *SHARED, *(HERE / "onpod").glob("*.py")])


def on_wasm(staged: Path, name: str) -> int:
    output, _ = runtimes.wasm(staged, f"import onpod_runner\nonpod_runner.main('/input', ['/input/{name}'])")
    return counted(output)


def test_shared_tests_on_micropython(micropython: Path, repo_root: Path, collected: int) -> None:
    output = runtimes.unix(micropython, RUNNER, repo_root / "protocol", *SHARED)
    assert counted(output) == collected


def test_shared_tests_with_small_integers(staged: Path, collected: int) -> None:
    assert sum(on_wasm(staged, path.name) for path in SHARED) == collected


def test_runner_reports_a_failure(micropython: Path, repo_root: Path, tmp_path: Path) -> None:
    failing = tmp_path / "test_failing.py"
    failing.write_text("def test_good():\n    pass\n\n\ndef test_bad():\n    assert 1 == 2\n")
    with pytest.raises(AssertionError, match="1 passed, 1 failed"):
        runtimes.unix(micropython, RUNNER, repo_root / "protocol", failing)


def test_nothing_is_allocated(micropython: Path, repo_root: Path) -> None:
    assert counted(runtimes.unix(micropython, RUNNER, repo_root / "protocol", HERE / "onpod" / "pod_alloc.py"))


def test_nothing_is_allocated_with_small_integers(staged: Path) -> None:
    assert on_wasm(staged, "pod_alloc.py")


def test_viper_equals_plain(micropython: Path, repo_root: Path) -> None:
    assert counted(runtimes.unix(micropython, RUNNER, repo_root / "protocol", HERE / "onpod" / "pod_kernels.py"))
