"""Run a command on copies of a store, and kill it at its first write, at its second one, and so on.

A write is a change of a file or folder, or a statement of SQLite. `python -m host.killing STORE COPY WORDS...` prints a
JSON object for each copy: its number, whether the command ended, and the files after the next list.
"""

import gc
import json
import os
import shutil
import signal
import sys
from pathlib import Path

from retropod.cli import run
from retropod.runs import index
from retropod.runs.store import Store

_WRITES = ("os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate")
_MOST = 1000


class Killer:
    """Kill this process at a write."""

    def __init__(self, number: int) -> None:
        self._left = number

    def count(self, *_: object) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(self, event: str, arguments: tuple) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if event in _WRITES or writes:
            self.count()


def killed(number: int, words: list[str]) -> bool:
    """Run the command in a child process that dies at its write `number`. Return whether it died."""
    if (child := os.fork()) == 0:
        killer, connected = Killer(number), index._connected

        def traced(path: str):
            database = connected(path)
            database.set_trace_callback(killer.count)
            return database

        index._connected = traced
        sys.addaudithook(killer.hook)
        code = run(words)
        os._exit(code)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        raise SystemExit(f"{words} failed with {status}")
    return os.WIFSIGNALED(status)


def files(root: Path) -> dict[str, str]:
    """Return the files with data, as hexadecimal digits, by path. A temporary file holds none."""
    return {
        str(path.relative_to(root)): path.read_bytes().hex()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.name.startswith((".", "index.sqlite", "clock.jsonl"))
    }


def _renew(copy: Path, template: Path) -> None:
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(template, copy)


def main(template: Path, copy: Path, words: list[str]) -> None:
    os.environ["RETROPOD_RUNS"] = str(copy)
    quiet = os.open(os.devnull, os.O_WRONLY)
    printed = os.dup(1)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    _renew(copy, template)
    run(words)  # imports all modules here, so that no child has to
    gc.freeze()  # A child's collector then copies no page of them.
    for number in range(1, _MOST):
        _renew(copy, template)
        died = killed(number, words)
        code = run(["runs", "--here", "--json"])
        listed = sorted(str(one.stored.path.relative_to(copy)) for one in Store(copy).index.runs())
        line = {"number": number, "died": died, "code": code, "listed": listed, "files": files(copy)}
        os.write(printed, (json.dumps(line) + "\n").encode())
        if not died:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
