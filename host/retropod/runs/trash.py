"""Trash of the store: runs that were removed, with their notes and tags, until it is emptied."""

import glob
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from retropod import durable
from retropod.runs import tags
from retropod.runs.clocklog import NAME as CLOCK_LOG
from retropod.runs.files import DAMAGED, PART, RESCUED, SUFFIX, RunFiles, Stored, header_values, note_path, part_note
from retropod.runs.index import Index
from retropod.runs.locked import locked
from retropod.runs.store import Store

NAME = "trash"
_POD_ID = re.compile("[0-9a-f]{16}")
_Name = Callable[[Path], Path]
_COMPANIONS: tuple[_Name, ...] = (note_path, tags.path_of)  # files that belong to a run


def trash_of(store: Store) -> Store:
    """Return the trash of a store, which is a store in its folder. Its index is in memory: it must not outlive runs."""
    trash = Store(
        store.root / NAME,
        lister="retropod trash",
        filler="run `retropod runs --here` to list the runs that are not in the trash",
    )
    trash.index = Index(trash, clocks=store)
    return trash


def throw_away(store: Store, run: Stored) -> Path:
    """Move a run of the store to its trash, with its note and tags. Return its new path. Raises OSError."""
    with locked(store.root):
        return _move(run.path, trash_of(store).root)


def restore(store: Store, run: Stored) -> Path:
    """Move a run of the trash back. It gets another name if another run has its name now. Return its path."""
    with locked(store.root):
        return _move(run.path, store.root)


def delete(store: Store, run: Stored) -> None:
    """Delete a file of the store or of its trash for good, with its note and tags. Raises OSError."""
    with locked(store.root):
        name_ = glob.escape(run.path.name)
        # Of an interrupted write, and of a run that came to the trash twice with different tags or notes.
        forms = f".{name_}*.new", f"{name_}.tags-*.json", f"{name_}-*.sha256"
        more = [path for form in forms for path in run.path.parent.glob(form)]
        for path in (*more, *(name(run.path) for name in _COMPANIONS), part_note(run.path), run.path):
            path.unlink(missing_ok=True)
        durable.sync_folder(run.path.parent)
        with suppress(OSError):
            run.path.parent.rmdir()  # only an empty folder


def settle(store: Store) -> None:
    """Complete the moves that a power cut interrupted: put a note or tags without a run next to their run."""
    places = store.root, store.root / NAME
    for place, other in (places, places[::-1]):
        for name in _COMPANIONS:
            ending = name(Path(SUFFIX)).name.removeprefix(SUFFIX)
            for path in place.glob(f"*/*{SUFFIX}{ending}"):
                run = path.with_name(path.name.removesuffix(ending))
                if not run.exists() and (moved := other / run.parent.name / run.name).is_file():
                    with locked(store.root):
                        _follow(path, name(moved))


def runs_of(files: RunFiles) -> list[Stored]:
    """Return the runs and the damaged copies."""
    return [*files.all(), *files.set_aside()]


def every_file(files: RunFiles) -> list[Stored]:
    """Return every file with a run: runs, damaged copies, interrupted downloads, and files that were rescued."""
    paths = {path for ending in (SUFFIX, DAMAGED, PART) for path in files.root.glob(f"*/*{ending}")}
    known = {one.path: one for one in runs_of(files)}
    return [known.get(path) or Stored(path.parent.name, 0, path) for path in sorted(paths)]


def other_files(store: Store) -> list[Path]:
    """Return the files of the store and its trash that belong to no run and can name a wearer, such as rescued data."""
    folders = [folder for root in (store.root, store.root / NAME) for folder in root.glob("*") if is_of_store(folder)]
    return sorted(path for folder in folders for path in folder.iterdir() if path.is_file() and not _is_of_run(path))


def is_of_store(folder: Path) -> bool:
    """Return whether a folder is that of a pod, or that of rescued data."""
    return folder.is_dir() and (folder.name == RESCUED or _POD_ID.fullmatch(folder.name) is not None)


def _is_of_run(path: Path) -> bool:
    return path.name.startswith(CLOCK_LOG) or any(ending in path.name for ending in (SUFFIX, DAMAGED))


def wearer_of(path: Path) -> str | None:
    """Return the wearer in the header of a file, None if the header is damaged."""
    wearer = header_values(path).get("wearer")
    return wearer.rstrip(b"\0").decode("utf-8", "replace") if isinstance(wearer, bytes) else None


def _move(run: Path, root: Path) -> Path:
    """Move a run below `root`, then its note and tags. `settle` completes an interrupted move."""
    path = durable.move_new(run, root / run.parent.name / run.name)
    for name in _COMPANIONS:
        if name(run).is_file():
            _follow(name(run), name(path))
    with suppress(OSError):
        run.parent.rmdir()  # only an empty folder
    return path


def _follow(old: Path, new: Path) -> None:
    """Move the note or the tags of a run to its new place. If both places have them, those of the store stay.

    Different ones that go to the trash are stored under a name with their digest.
    """
    if new.parent.parent.name == NAME:
        durable.save_new(new, old.read_bytes())
    elif not new.exists():
        durable.replace(new, old.read_bytes())
    old.unlink(missing_ok=True)
    durable.sync_folder(old.parent)
