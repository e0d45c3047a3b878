"""A sample of `make fuzz`, and the faults that its harness must find, in processes that have only one thread."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.disasters import check_files
from fuzz.stores import check_kept, check_outside

FAULTS = {
    "an exception": ("lambda: 1 / 0", "unexpected"),
    "an unexpected error of a command": ("lambda: failure.report(ValueError('odd'))", "unexpected"),
    "two errors": ("lambda: [failure.report(UsageError('x')), failure.report(UsageError('y'))][0]", "unexpected"),
    "NaN in JSON": ("lambda: print('{\"a\": NaN}') or 0", "unexpected"),
    "a refusal of good input": ("lambda: failure.report(UsageError('x'))", "unexpected"),
    "a loop": ("lambda: [0 for _ in itertools.count()]", "hang"),
    "memory": ("lambda: len(b'x' * (900 << 20)) * 0", "memory"),
}
SCRIPT = """
import itertools, sys, tempfile
from pathlib import Path
from fuzz import harness
from retropod.cli import failure
from retropod.errors import UsageError
step = harness.Step({action}, json_lines=True, must_pass=True)
with tempfile.TemporaryDirectory() as folder:
    print(harness.judge(step, Path(folder), {limit_s}).kind)
"""


def run(repo_root: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(repo_root / "tests"), **environment},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_hostile_input_ends_with_one_error(micropython: Path, repo_root: Path) -> None:
    lines = run(repo_root, "-m", "fuzz.run", N="16", FIRST="5001").splitlines()
    assert len(lines) == 10, lines
    for line in lines[1:]:
        assert "0 unexpected, 0 hang, 0 memory" in line and not line.split(": ")[1].startswith("0 ok, 0 refused")


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found(name: str, repo_root: Path) -> None:
    action, kind = FAULTS[name]
    limit_s = 1.0 if kind == "hang" else 60.0  # A machine under load needs seconds for 900 MB.
    assert run(repo_root, "-c", SCRIPT.format(action=action, limit_s=limit_s)).split() == [kind]


def test_a_lost_run_a_lost_note_and_a_stray_file_are_found(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    for check in (lambda: check_kept(tmp_path / "runs", b"run"), lambda: check_files(tmp_path)):
        with pytest.raises(AssertionError):
            check()
    check_outside(tmp_path)
    (tmp_path / "stray").touch()
    with pytest.raises(AssertionError):
        check_outside(tmp_path)
