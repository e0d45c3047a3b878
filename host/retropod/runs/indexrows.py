"""Rows of the index from the files of a run, and runs from the rows."""

import os
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_to_bytes

from retropod.errors import RetropodError
from retropod.runs import facts, tags
from retropod.runs.clocklog import NAME as CLOCK_LOG
from retropod.runs.files import RunFiles, Stored
from retropod.runs.timing import timing

_OTHER = {"left": "right", "right": "left"}


class Indexed(NamedTuple):
    """A run in the index. An unknown value is None.

    `start_s`: s since 1970, within `start_error_s`. `strides`, `metres` and `seconds` (sum of the stride times) by
    direction. `problem`: reason why the run is not readable. `mtime_s`: modification time of the file.
    """

    stored: Stored
    start_s: float | None
    start_error_s: float | None
    duration_s: float | None
    wearer: str | None
    pod_name: str | None
    side: str | None
    strides: dict[str, int]
    metres: dict[str, float | None]
    seconds: dict[str, float]
    tags: tags.Tags
    problem: str | None
    mtime_s: float

    @property
    def order(self) -> tuple[float, int]:
        """Key of the order in time. A run without a known start counts from the time of its file."""
        return (self.mtime_s if self.start_s is None else self.start_s, self.stored.run)

    def of_other_foot(self, other: "Indexed") -> bool:
        """Return whether this run and the other one are of the two feet of one wearer, who has a name."""
        same = bool(self.wearer) and (self.wearer or "").casefold() == (other.wearer or "").casefold()
        return same and _OTHER.get(self.side or "") == other.side


class StampedRun(NamedTuple):
    """A run file in the store, with the stamp that changes when the file or its tags change."""

    stored: Stored
    stamp: str


def found(files: RunFiles) -> dict[str, StampedRun]:
    """Return the run files of the store by their key in the index."""
    return {
        _key(files.root, one.path): StampedRun(one, _stamp(one.path, tags.path_of(one.path))) for one in files.all()
    }


def clocks(files: RunFiles, pods: Iterable[str]) -> dict[str, str]:
    """Return the stamp of the clock log of each pod. It changes with a sync, which can date earlier runs."""
    return {_text(pod): _stamp(files.root / pod / CLOCK_LOG) for pod in set(pods)}


def insert(database: sqlite3.Connection, clocks: RunFiles, key: str, run: StampedRun) -> None:
    """Read a run and replace its rows at once. A run that is not readable has a `problem`.

    `clocks`: files with the clock log of its pod.
    """
    rows = _rows(clocks, key, run)
    database.execute("BEGIN IMMEDIATE")
    database.execute("DELETE FROM runs WHERE file = ?", (key,))
    for table, values in rows:
        database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)
    database.execute("COMMIT")


def _rows(clocks: RunFiles, key: str, run: StampedRun) -> list[tuple[str, tuple[Any, ...]]]:
    """Return the rows of a run as (table, values)."""
    pod, number, path = run.stored
    first, mtime_s = (key, run.stamp, _text(pod), number), _mtime_s(path)
    try:
        known = facts.read(path)
        times = timing(known.run, path, clocks)
    except (RetropodError, OSError) as error:
        return [("runs", (*first, *[None] * 5, 1, None, _text(str(error)), mtime_s)), *_tag_rows(key, path)]
    header, wall = known.run.header, times.start
    wearer, name, side = (str(one) if one else None for one in (header.wearer, header.name, header.side))
    own = times.clock is not None and not times.repaired
    start = (wall.time_s, wall.error_s) if wall else (None, None)
    return [
        ("runs", (*first, wearer, name, side, *start, own, known.duration_s, None, mtime_s)),
        *(
            ("directions", (key, one, count, known.metres[one], known.seconds[one]))
            for one, count in known.strides.items()
        ),
        *(("bouts", (key, at, *bout)) for at, bout in enumerate(known.bouts)),
        *(("laps", (key, at, *lap)) for at, lap in enumerate(known.laps)),
        *_tag_rows(key, path),
    ]


def _tag_rows(key: str, path: Path) -> list[tuple[str, tuple[Any, ...]]]:
    """Return the rows of the tags. Tags that are not readable have no row: `retropod tag` reports them."""
    with suppress(RetropodError):
        return [("tags", (key, name, value)) for name, value in tags.read(path).items()]
    return []


def fetch(database: sqlite3.Connection, files: RunFiles) -> list[Indexed]:
    """Return all runs in the index."""
    strides: dict[str, dict[str, int]] = {}
    metres: dict[str, dict[str, float | None]] = {}
    seconds: dict[str, dict[str, float]] = {}
    tagged: dict[str, tags.Tags] = {}
    for key, direction, count, distance, time_s in database.execute("SELECT * FROM directions"):
        strides.setdefault(key, {})[direction] = count
        metres.setdefault(key, {})[direction] = distance
        seconds.setdefault(key, {})[direction] = time_s
    for key, name, value in database.execute("SELECT * FROM tags"):
        tagged.setdefault(key, {})[name] = value
    query = "SELECT file, run, start_s, start_error_s, duration_s, wearer, pod_name, side, problem, mtime_s FROM runs"
    return [
        Indexed(_stored(files.root, key, run), start_s, error_s, duration_s, wearer, name, side, strides.get(key, {}),
                metres.get(key, {}), seconds.get(key, {}), tagged.get(key, {}), problem, mtime_s)
        for key, run, start_s, error_s, duration_s, wearer, name, side, problem, mtime_s in database.execute(query)
    ]  # fmt: skip


def _key(root: Path, path: Path) -> str:
    """Return the path within the store, quoted: a file name can contain bytes without a character."""
    return quote(os.fsencode(path.relative_to(root)))


def _stored(root: Path, key: str, run: int) -> Stored:
    path = root / os.fsdecode(unquote_to_bytes(key))
    return Stored(path.parent.name, run, path)


def _stamp(*paths: Path) -> str:
    """Return size and modification time of files as a text."""
    return " ".join(_of_file(path) for path in paths)


def _of_file(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "-"
    return f"{status.st_size}:{status.st_mtime_ns}"


def _mtime_s(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _text(text: str) -> str:
    """Return a text that SQLite accepts: a path can contain bytes without a character."""
    return text.encode("utf-8", "backslashreplace").decode()
