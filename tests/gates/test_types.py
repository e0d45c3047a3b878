"""Host strictly typed; firmware checked against the stubs of the MicroPython that it runs on."""

import json
import shutil
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
    folder = root / "build" / "pyright-firmware"
    config = {
        "include": [str(root / "firmware"), str(root / "protocol" / "retrowire")],
        # viper annotates for the compiler: int there means a machine word, ptr8 a pointer
        "exclude": [*map(str, _kernels(root)), "**/__pycache__"],
        "extraPaths": [str(root / "firmware"), str(root / "protocol"), stubs],
        "typeshedPath": stubs,
        "stubPath": str(folder / "typings"),
        "typeCheckingMode": "basic",
        "pythonVersion": "3.11",
        "reportMissingModuleSource": "none",  # stubs are all there is
        "reportUnnecessaryTypeIgnoreComment": "error",
    }
    _hide_kernels(root, folder / "typings")
    (folder / "pyrightconfig.json").write_text(json.dumps(config, indent=2))
    return folder / "pyrightconfig.json"


def _hide_kernels(root: Path, typings: Path) -> None:
    """Callers may hand a kernel any buffer: to viper every one is a pointer, which its annotations cannot say."""
    shutil.rmtree(typings, ignore_errors=True)
    for kernel in _kernels(root):
        stub = typings / Path(*kernel.relative_to(root).parts[1:]).with_suffix(".pyi")
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text("from typing import Any\n\ndef __getattr__(name: str) -> Any: ...\n")


def _kernels(root: Path) -> list[Path]:
    """Viper files start with an underscore."""
    return [*(root / "firmware/pod/gait").glob("_[a-z]*.py"), root / "protocol/retrowire/_kernels.py"]


def test_host_types(repo_root: Path) -> None:
    done = _basedpyright(repo_root / "pyproject.toml")
    assert done.returncode == 0, done.stdout


def test_firmware_types(repo_root: Path) -> None:
    done = _basedpyright(_firmware_project(repo_root))
    assert done.returncode == 0, done.stdout
