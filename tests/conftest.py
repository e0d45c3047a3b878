"""Fixtures that all test folders share."""

import os
import secrets
import shutil
import signal
import sys
import sysconfig
import tempfile
from pathlib import Path

import hypothesis
import pytest

from retropod.build import folded
from retropod.cli import options
from tools import datasets

ROOT = Path(__file__).resolve().parents[1]

# `import pod` under CPython: constants inlined as on the pod. Stand-ins replace the modules of MicroPython.
sys.path.insert(0, str(folded.folders().firmware))
# Set before the first import of numpy, here and in child processes. A second thread of OpenBLAS waits in a busy loop:
# rendering 100 s of the gait model takes 1.1 s of CPU with two threads and 0.7 s with one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# An example may take any time on a busy machine.
hypothesis.settings.register_profile("patient", hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("patient")
# platformdirs reads this variable on Linux and macOS. Tests must not find a `retropod sim` of the developer.
_RUNTIME = Path(tempfile.gettempdir()) / f"retropod-tests-{os.getpid()}-{secrets.token_hex(4)}"
os.environ["XDG_RUNTIME_DIR"] = str(_RUNTIME)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of tests/hil, which name the pod."""
    parser.addoption("--port", default="", help="port of a running pod, or a URL: tests/hil run against it")
    parser.addoption("--baud", default="115200", help="speed of that port")


def pytest_configure(config: pytest.Config) -> None:
    """Provide the folder that the workers of this run share, and let child processes receive Ctrl-C."""
    # A shell ignores SIGINT in background jobs, and child processes inherit this.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.add_cleanup(lambda: shutil.rmtree(_RUNTIME, ignore_errors=True))
    if not hasattr(config, "workerinput"):
        import shared

        folder = shared.folder()
        folder.__enter__()
        config.add_cleanup(lambda: folder.__exit__(None, None, None))


def _or_skip(found: Path | None, reason: str) -> Path:
    """Skip if the runtime is missing, or fail with RETROPOD_REQUIRE_RUNTIME=1. CI sets it and so loses no test."""
    if found is not None:
        return found
    if os.environ.get("RETROPOD_REQUIRE_RUNTIME") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def runtime_folder(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runtime folder of this test alone, which does not exist yet. It hides the virtual pods of others."""
    folder = _RUNTIME / secrets.token_hex(4)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder


@pytest.fixture(autouse=True)
def default_options() -> None:
    """Reset the shared options of commands: a command that another test ran in this process has set them."""
    options.reset()


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """Root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def micropython() -> Path:
    """Path of the MicroPython unix binary, from this environment or from PATH."""
    found = shutil.which("micropython", path=sysconfig.get_path("scripts")) or shutil.which("micropython")
    runtime = _or_skip(Path(found) if found else None, "no MicroPython runtime: pip install 'retropod[virtual]'")
    from retropod.virtual import builtapp
    from shared import once

    once("built app", builtapp.folder)  # one worker builds the app of the virtual pods, and the others wait
    return runtime


@pytest.fixture(scope="session")
def dev_recordings() -> Path:
    """Folder of the development recordings: NAME.npz and strides.csv."""
    folder = datasets.known("dev")
    if folder is None:
        pytest.skip("RETROPOD_DATA does not contain the development recordings")
    return folder
