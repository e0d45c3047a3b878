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
    """Write the project file. The stubs of `time` and `sys` in this environment take precedence over CPython's."""
    installed = Path(sysconfig.get_path("purelib"))
    folder = root / "build" / "pyright-firmware"
    _loosen_pointers(folder / "typings")
    config = {
        "include": [str(root / "firmware"), str(root / "protocol" / "retrowire")],
        # annotations of viper code are for its compiler: int means a machine word
        "exclude": [*map(str, _kernels(root)), "**/__pycache__"],
        "extraPaths": [str(root / "firmware"), str(root / "protocol"), str(installed)],
        "typeshedPath": str(installed),
        "stubPath": str(folder / "typings"),
        "typeCheckingMode": "basic",
        "pythonVersion": "3.11",
        "reportMissingModuleSource": "none",  # only stubs are installed
        # objects that are found or connected later start as None: the tests check their use
        "reportOptionalMemberAccess": "none",
        "reportOptionalCall": "none",
        "reportUnnecessaryTypeIgnoreComment": "error",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(config, indent=2))
    return folder / "pyrightconfig.json"


def _loosen_pointers(typings: Path) -> None:
    """Replace the stubs' pointer classes, which refuse buffers. Viper accepts any buffer as a pointer."""
    typings.mkdir(parents=True, exist_ok=True)
    lines = [
        "from typing import Any, TypeAlias",
        "from _mpy_shed._mpy_builtins import const as const",
        "uint: TypeAlias = int",
    ]
    lines += [f"{name}: TypeAlias = Any" for name in ("ptr", "ptr8", "ptr16", "ptr32")]
    (typings / "__builtins__.pyi").write_text("\n".join(lines) + "\n")


def _kernels(root: Path) -> list[Path]:
    """Return the viper modules, whose names start with an underscore."""
    return [*(root / "firmware/pod").rglob("_[a-z]*.py"), root / "protocol/retrowire/_kernels.py"]


def test_host_types(repo_root: Path) -> None:
    done = _basedpyright(repo_root / "pyproject.toml")
    assert done.returncode == 0, done.stdout


def test_firmware_types(repo_root: Path) -> None:
    done = _basedpyright(_firmware_project(repo_root))
    assert done.returncode == 0, done.stdout
