"""The program that has a port open, from the operating system."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_LSOF_S = 5.0


def holder(port: str) -> str:
    """Return `name (process 123)` of another process that has `port` open, or an empty text if it is not known.

    Linux shows the processes of the same account, or all of them to root. macOS reports them by lsof, Windows does not.
    """
    if "://" in port:
        return ""
    if sys.platform == "linux":
        return _in_proc(Path("/proc"), Path(port))
    return _by_lsof(port) if sys.platform == "darwin" else ""


def _in_proc(proc: Path, port: Path) -> str:
    wanted = os.path.realpath(port)
    try:
        entries = list(proc.iterdir())
    except OSError:
        return ""  # not mounted, or closed to this account
    for entry in entries:
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if any(os.path.realpath(link) == wanted for link in (entry / "fd").iterdir()):
                return f"{(entry / 'comm').read_text(errors='replace').strip()} (process {entry.name})"
        except OSError:
            continue  # The process has ended, or belongs to another account.
    return ""


def _by_lsof(port: str) -> str:
    lsof = shutil.which("lsof")
    if lsof is None:
        return ""
    try:
        done = subprocess.run(
            [lsof, "-F", "pc", port], capture_output=True, text=True, errors="replace", timeout=_LSOF_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return parse_lsof(done.stdout, os.getpid())


def parse_lsof(output: str, own: int) -> str:
    """Return the first process but `own` in the output of `lsof -F pc`: lines `p123` and `cname`."""
    number = ""
    for line in output.splitlines():
        if line.startswith("p"):
            number = line[1:]
        elif line.startswith("c") and number != str(own):
            return f"{line[1:]} (process {number})"
    return ""
