"""Commands that write, by seed: the process is killed, the disk is full, or a second program writes to the store."""

import os
import random
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from fuzz.harness import Step
from fuzz.stores import POD, check_kept, check_outside
from fuzz.targets import Case
from retropod import cli
from retropod.runs import reader, tags
from retropod.runs.store import Store

_WRITERS: Sequence[Sequence[str]] = (
    ("import", "OUT/given.rpr"), ("tag", "1", "note=new"), ("trash", "1", "--yes"), ("trash", "--restore", "2"),
    ("rebuild",), ("runs", "--here"), ("report", "1", "--output", "OUT/report.html"),
    ("export", "1", "--format", "csv", "--output", "OUT/csv"),
    ("export", "1", "--format", "parquet", "--output", "OUT/parquet"),
    ("export", "1", "--format", "fit", "--output", "OUT/fit"),
)  # fmt: skip
_MOST_S = 0.04  # processor time of most of these commands
_LEAST_BYTES = 4096  # largest file on the full disk: the output of a command fits


def _prepared(base: bytes, folder: Path) -> list[list[str]]:
    """Make a store with a run and a run in the trash, both with a note. Return the commands that write."""
    out = folder / "out"
    out.mkdir()
    os.environ["RETROPOD_RUNS"] = str(folder / "runs")
    for number, place in ((1, folder / "runs"), (2, folder / "runs" / "trash")):
        path = place / POD / f"{number:06d}.rpr"
        path.parent.mkdir(parents=True)
        path.write_bytes(base)
        tags.path_of(path).write_text('{"note": "old"}')
    (out / "given.rpr").write_bytes(base)
    return [[word.replace("OUT", str(out)) for word in words] for words in _WRITERS]


def _checked(case: Case, base: bytes, folder: Path) -> Case:
    """Add the checks of a store: usable, complete, and without a file in another place."""
    case.command("runs", "--here", must_pass=True).command("--json", "runs", "--here", must_pass=True)
    case.call(lambda: check_kept(folder / "runs", base)).call(lambda: check_files(folder))
    return case.call(lambda: check_outside(folder))


def check_files(folder: Path) -> None:
    """Fail if a file with its final name is incomplete, or a note was lost."""
    found = [one.path for store in (Store(folder / "runs"), Store(folder / "runs" / "trash")) for one in store.all()]
    assert all(reader.read(path).whole for path in found), found
    notes = [tags.read(path).get("note") for path in found if path.name.startswith(("000001", "000002"))]
    assert {"old", "new"} & set(notes), notes
    for page in folder.glob("out/*.html"):
        assert page.read_text("utf-8").rstrip().endswith("</html>")


def killed(base: bytes, seed: int, folder: Path) -> Case:
    """Kill a command after a drawn processor time. A command that was killed counts as refused."""
    chance = random.Random(seed)
    words, after_s = chance.choice(_prepared(base, folder)), chance.uniform(0.0005, _MOST_S)
    return _checked(Case([Step(lambda: _killed(words, after_s))]), base, folder)


def _killed(words: list[str], after_s: float) -> int:
    if (child := os.fork()) == 0:
        signal.signal(signal.SIGPROF, signal.SIG_DFL)  # It ends the process, also within SQLite.
        signal.setitimer(signal.ITIMER_PROF, after_s)
        os._exit(cli.run(words))
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        os.truncate(2, 0)  # The output of the killed command may be half a line.
        os.lseek(2, 0, os.SEEK_SET)
        sys.stderr.write("error: killed\n")
        return 1
    return os.waitstatus_to_exitcode(status)


def full_disk(base: bytes, seed: int, folder: Path) -> Case:
    """Run a command that cannot write more than a drawn number of bytes to a file."""
    chance = random.Random(seed)
    words, most = chance.choice(_prepared(base, folder)), chance.randint(_LEAST_BYTES, max(2 * len(base), 100_000))

    def run() -> int:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        return cli.run(words)

    return _checked(Case([Step(run)]), base, folder)


def two_writers(base: bytes, seed: int, folder: Path) -> Case:
    """Run two commands at the same time."""
    chance = random.Random(seed)
    first, second = chance.sample(_prepared(base, folder), 2)
    return _checked(Case([Step(lambda: _together(first, second))]), base, folder)


def _together(first: list[str], second: list[str]) -> int:
    """Return the exit code of the first command, or of the second one if the first succeeds."""
    if (child := os.fork()) == 0:
        os._exit(cli.run(second))
    code = cli.run(first)
    _, status = os.waitpid(child, 0)
    return code or os.waitstatus_to_exitcode(status)


DISASTERS: dict[str, Callable[[bytes, int, Path], Case]] = {
    "killed": killed, "full disk": full_disk, "two writers": two_writers,
}  # fmt: skip
