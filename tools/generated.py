"""Command line of the tools that generate a file from the schema: print, `--write` or `--check`."""

import sys
from collections.abc import Callable
from pathlib import Path

from tools import descriptions


def run(arguments: list[str], path: Path, text: Callable[[], str], module: str) -> int:
    """Run the command of the tool `module`, which generates `text()` for `path`. Return the exit code."""
    missing = descriptions.differences()
    if missing:
        sys.stderr.writelines(f"error: {line}\n" for line in missing)
        return 1
    if "--check" in arguments:
        if path.read_text("utf-8") == text():
            return 0
        sys.stderr.write(f"error: {path.name} differs from the schema\nhint: run `python -m {module} --write`\n")
        return 1
    if "--write" in arguments:
        path.write_text(text(), "utf-8")
    else:
        sys.stdout.write(text())
    return 0
