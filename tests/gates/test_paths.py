"""No file in the repository contains the path of a home directory."""

import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.gate

HOME_PATH = re.compile(r"""(?<![\w.])/(?:home|Users|root|work)/\w|[A-Z]:\\Users\\""")


def test_no_absolute_home_paths(repo_root: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repo_root,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        path = repo_root / name
        if path.is_file():
            text = path.read_bytes().decode("utf-8", "replace")
            found = HOME_PATH.search(text)
            assert not found, f"{name}: {found and found.group()}"


def test_pattern_sees_one() -> None:
    assert HOME_PATH.search("open('/" + "home/ann/x')")
    assert not HOME_PATH.search("https://example.org/" + "home/x")
