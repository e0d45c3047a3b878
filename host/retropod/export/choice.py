"""Choice of the runs to export: by name, or all since a date."""

from collections.abc import Iterator
from pathlib import Path

from retropod.export.rows import RunSource
from retropod.runs.loaded import load as load_run
from retropod.runs.store import Store


def named(store: Store, name: str) -> tuple[str, Path]:
    """Return the full name and the file of a run. Raises UsageError if no run or several runs match."""
    path = store.find(name)
    alike = (one for one in store.all() if one.path.name == path.name)
    stored = next((one for one in alike if one.path.samefile(path)), None)
    return (store.name(stored), stored.path) if stored else (path.stem, path)


def stored(store: Store) -> Iterator[tuple[str, Path]]:
    """Yield the name and the file of every stored run."""
    runs = store.all()
    for name, one in zip(store.full_names(runs), runs, strict=True):
        yield name, one.path


def load(store: Store, name: str, path: Path) -> RunSource:
    """Read a run. Errors: see `reader.read`."""
    return RunSource(name, path, load_run(store, path, skim=True))


def began_since(source: RunSource, epoch_s: float) -> bool | None:
    """Return whether the run began at this time (s since 1970) or later. None: unknown."""
    start, (earliest, latest) = source.times.start, source.times.between
    if start is not None:
        return start.time_s >= epoch_s
    if earliest is not None and earliest >= epoch_s:
        return True
    return False if latest is not None and latest < epoch_s else None
