"""The repository contains text and the binary files named here: no recordings, analysis tables or build products."""

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.gate

BINARIES = {
    "host/retropod/demo/capture.bin",  # a session of the gait model, for machines without the runtime
    "docs/gait-model.png",  # plot of its strides
    "docs/guides/live-web.png",  # picture of the live page, with a scripted session
    "docs/report.png",  # picture of a report of the gait model
    "tests/host/install/samples/run-0.1.0.rpr",  # a run of the gait model, as that version wrote it
}
RECORDINGS = (".npz", ".npy", ".pkl", ".parquet")


def is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode("utf-8")
    except UnicodeDecodeError:
        return False


def tracked(root: Path) -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name and (root / name).is_file()]


def test_only_text_and_named_binaries(repo_root: Path) -> None:
    found = {name for name in tracked(repo_root) if not is_text((repo_root / name).read_bytes())}
    assert found <= BINARIES, found - BINARIES


def test_no_recordings(repo_root: Path) -> None:
    assert not [name for name in tracked(repo_root) if name.endswith(RECORDINGS)]


def test_a_binary_is_seen() -> None:
    assert not is_text(b"\x80\x04\x95")
    assert not is_text(b"a\0b")
    assert is_text("21 °C".encode())
