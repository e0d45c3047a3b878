"""Import of run files of another computer into the store."""

import secrets
from pathlib import Path
from typing import NamedTuple

from retropod import durable
from retropod.errors import DamagedData, naming
from retropod.runs import clocklog, reader, tags
from retropod.runs.store import DAMAGED, SUFFIX, Store
from retrowire import runfile

_COPY_AGAIN = "copy it again from the other computer, with the file that has the suffix .sha256"


class Imported(NamedTuple):
    """An imported file. `already`: the store had its contents before, `path` has them."""

    path: Path
    pod_id: str
    run: int
    strides: int
    already: bool


def is_run(path: Path) -> bool:
    """Return whether a file is a run file, also a damaged one."""
    if path.suffix in (SUFFIX, DAMAGED):
        return True
    try:
        if not path.is_file():
            return False  # A pipe would wait for its writer.
        with path.open("rb") as file:
            return file.read(len(runfile.MAGIC)) == runfile.MAGIC
    except (OSError, ValueError):  # The reader of recordings names the fault.
        return False


def import_run(store: Store, path: Path) -> Imported:
    """Verify a run file and store it under its pod, unless a stored run begins with its contents.

    The tags next to the file, and the clock log if its folder is that of the pod, are added to those of the store.
    A run is verified by the checksum next to it, otherwise by its own checksums. Raises DamagedData if they differ, and
    OSError.
    """
    run = reader.read(path)
    content = path.read_bytes()
    sha256, noted = durable.digest(path), store.recorded_digest(path)
    if run.headless or not run.header.device_id:
        raise DamagedData(f"{path}: the header is damaged, so the pod of the run is unknown", _COPY_AGAIN)
    if noted is None and not run.whole:
        raise DamagedData(f"{path} is damaged, and has no checksum from the download", _COPY_AGAIN)
    if noted is not None and noted != sha256:
        raise DamagedData(f"{path} differs from its checksum", _COPY_AGAIN)
    done = keep(store, content, run.header.device_id, run.header.run, len(run.strides))
    _add_stated(store, path, done)
    return done


def _add_stated(store: Store, path: Path, done: Imported) -> None:
    """Add tags and clock syncs from the store that `path` is in. A lone clock log does not state its pod."""
    if known := store.stated(path, "").tags:
        tags.add_missing(store.root, done.path, known)
    log = path.absolute().with_name(clocklog.NAME)
    if log.parent.name == done.pod_id and log.is_file():
        clocklog.ClockLog(store, done.pod_id).add_log(log)


def keep(store: Store, content: bytes, pod_id: str, run: int, strides: int) -> Imported:
    """Store the contents of a run file. Raises OSError."""
    final = store.path(pod_id, run)
    part = final.with_name(f"{final.name}.{secrets.token_hex(4)}.import")
    with naming(final, part):
        try:
            durable.replace(part, content)
            sha256 = durable.digest(part)
            held = store.holding(pod_id, run, sha256) or store.continuing(part, pod_id, run)
            return Imported(held or store.keep(part, pod_id, run, sha256), pod_id, run, strides, held is not None)
        finally:
            part.unlink(missing_ok=True)
