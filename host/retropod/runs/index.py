"""Index of the store: an SQLite file of facts about its runs, which can be rebuilt from them at any time.

Every query first compares names, sizes and modification times of the files with the index, and reads those that
changed. A file that was added, replaced or removed by hand is therefore noticed.
"""

import errno
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from retropod import durable
from retropod.errors import OperationFailed
from retropod.runs import indexrows
from retropod.runs.files import RunFiles
from retropod.runs.indexrows import Indexed
from retropod.runs.indextables import CREATE, DROP, VERSION
from retropod.runs.locked import locked

NAME = "index.sqlite"
FILES = tuple(NAME + ending for ending in ("-wal", "-shm", "-journal", ""))  # of an SQLite file, itself last
_BUSY_S = 10.0  # a writer locks the file for one run, which takes milliseconds
_TRIES = 3
_UPDATES = 50  # while other programs rebuild the index
# Codes of errors with which the file itself may be valid: another program uses it, the disk is full or read-only.
_UNUSABLE = frozenset((
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
))  # fmt: skip

_Result = TypeVar("_Result")


class Index:
    """The index of a store.

    `notify` receives a line if the file cannot be used: the index is then in memory. `clocks`: files with the clock
    logs, if they are elsewhere; the index of them is in memory from the start.
    """

    def __init__(
        self, files: RunFiles, notify: Callable[[str], None] = lambda text: None, clocks: RunFiles | None = None
    ) -> None:
        self._files, self._notify, self._clocks = files, notify, clocks or files
        self.path = files.root / NAME
        self._memory = _in_memory() if clocks else None

    def runs(self) -> list[Indexed]:
        """Return all runs, oldest first, after an update from the files. Without a store, create none."""
        if not self._files.root.is_dir():
            return []
        return sorted(self._updated(lambda database: indexrows.fetch(database, self._files)), key=lambda one: one.order)

    def rebuild(self) -> list[Indexed]:
        """Read every run again and return all runs. Raises OperationFailed if the file cannot be written."""
        if self._files.root.is_dir():
            try:
                self._replace()
            except (sqlite3.Error, OSError) as error:
                raise OperationFailed(
                    f"the index {self.path} cannot be rebuilt: {_reason(error)}", "check permissions and free space"
                ) from error
        return self.runs()

    def _updated(self, query: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Update the index and return the result of a query. Replace a damaged file. If that fails, use memory."""
        reason, damaged = "it is damaged again after a rebuild", False
        for _ in range(_TRIES if self._memory is None else 0):
            try:
                if damaged:
                    self._replace()
                with closing(self._open()) as database:
                    return self._complete(database, query)
            except sqlite3.Error as error:
                if _unusable(error):
                    reason = _reason(error)
                    break
                damaged = True
            except OSError as error:
                reason = _reason(error)
                break
        if self._memory is None:
            self._notify(f"the index {self.path} is not used: {reason}; every run is read instead")
            self._memory = _in_memory()
        self._update(self._memory)
        return query(self._memory)

    def _complete(self, database: sqlite3.Connection, query: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Return the result of a query on all runs. Another program can empty the index after the update: repeat it."""
        for _ in range(_UPDATES):
            here = self._update(database)
            database.execute("BEGIN")  # The query sees what this check sees.
            try:
                if here <= {file for (file,) in database.execute("SELECT file FROM runs")}:
                    return query(database)
            finally:
                database.execute("ROLLBACK")
        raise OSError(errno.EBUSY, "other programs rebuild it again and again")

    def _update(self, database: sqlite3.Connection) -> set[str]:
        """Remove the rows of files that are gone, and read the files that changed. Return the keys of all files."""
        here, known = indexrows.found(self._files), dict(database.execute("SELECT file, stamp FROM runs"))
        clocks = indexrows.clocks(self._clocks, (one.stored.pod_id for one in here.values()))
        changed = [key for key, one in here.items() if known.get(key) != one.stamp]
        for key in known.keys() - here.keys():
            database.execute("DELETE FROM runs WHERE file = ?", (key,))
        for key in dict.fromkeys([*changed, *(_undated(database, clocks) & here.keys())]):
            indexrows.insert(database, self._clocks, key, here[key])
        database.executemany("INSERT OR REPLACE INTO clocks VALUES (?, ?)", clocks.items())
        return set(here)

    def _open(self) -> sqlite3.Connection:
        """Open the file. Create it and its tables if they are missing, damaged or of another version."""
        if _is_current(database := self._connect()):
            return database
        database.close()
        self._replace()
        return self._connect()

    def _connect(self) -> sqlite3.Connection:
        durable.make_folder(self.path.parent)
        self.path.touch(durable.PRIVATE_FILE)
        database = _connected(str(self.path))
        try:
            database.execute("PRAGMA synchronous=NORMAL")
            database.execute("PRAGMA secure_delete=ON")  # A deleted name must not remain in the file.
        except sqlite3.Error:
            database.close()  # The garbage collector would close it at some later time.
            raise
        return database

    def _replace(self) -> None:
        """Empty the index. If that fails because the file is damaged, remove it. Raises sqlite3.Error or OSError."""
        with locked(self.path.parent):
            try:
                with closing(self._connect()) as database:
                    _create(database)
            except sqlite3.Error as error:
                if _unusable(error):
                    raise
                for name in FILES:
                    self.path.with_name(name).unlink(missing_ok=True)
                with closing(self._connect()) as database:
                    _create(database)


def _connected(path: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    database.execute("PRAGMA foreign_keys=ON")  # The rows of a run disappear with it.
    return database


def _in_memory() -> sqlite3.Connection:
    return _create(_connected(":memory:"))


def _is_current(database: sqlite3.Connection) -> bool:
    """Return whether the file is intact and of this version. Raises sqlite3.Error if it cannot be used now."""
    try:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        return version == VERSION and database.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except sqlite3.Error as error:
        if _unusable(error):
            database.close()
            raise
        return False


def _reason(error: sqlite3.Error | OSError) -> str:
    return str(error.strerror).lower() if isinstance(error, OSError) else str(error)


def _unusable(error: sqlite3.Error) -> bool:
    """Return whether the file may be valid, but cannot be used now."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _UNUSABLE


def _undated(database: sqlite3.Connection, clocks: dict[str, str]) -> set[str]:
    """Return the runs that a changed clock log may date: those without a clock sync of their own."""
    known = dict(database.execute("SELECT pod, stamp FROM clocks"))
    query = "SELECT file, pod FROM runs WHERE own_clock = 0"
    return {key for key, pod in database.execute(query) if known.get(pod) != clocks.get(pod)}


def _create(database: sqlite3.Connection) -> sqlite3.Connection:
    """Create empty tables and return the database."""
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("BEGIN IMMEDIATE")
    for statement in (*DROP, *CREATE):
        database.execute(statement)
    database.execute("COMMIT")
    return database
