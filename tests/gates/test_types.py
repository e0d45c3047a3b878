"""Host strictly typed; firmware checked against the stubs of the MicroPython that it runs on."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

pytestmark = pytest.mark.gate


def _basedpyright(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "basedpyright", "--warnings", "-p", str(project)],
        capture_output=True,
        text=True,
        check=False,
    )


def _firmware_project(root: Path) -> Path:
    """The stubs of `time`, `sys` and friends must win over CPython's, and they lie where this environment put them."""
    stubs = sysconfig.get_path("purelib")
    config = {
        "include": [str(root / "firmware")],
        # viper annotates for the compiler: int there means a machine word, ptr8 a pointer
        "exclude": [str(root / "firmware/pod/gait/_kernel*.py"), "**/__pycache__"],
        "extraPaths": [str(root / "firmware"), str(root / "protocol")],
        "typeshedPath": stubs,
        "stubPath": stubs,
        "typeCheckingMode": "basic",
        "pythonVersion": "3.11",
        "reportMissingModuleSource": "none",  # stubs are all there is
        "reportUnnecessaryTypeIgnoreComment": "error",
    }
    path = root / "build" / "pyright-firmware" / "pyrightconfig.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(config, indent=2))
    return path


def test_host_types(repo_root: Path) -> None:
    done = _basedpyright(repo_root / "pyproject.toml")
    assert done.returncode == 0, done.stdout


def test_firmware_types(repo_root: Path) -> None:
    done = _basedpyright(_firmware_project(repo_root))
    assert done.returncode == 0, done.stdout
