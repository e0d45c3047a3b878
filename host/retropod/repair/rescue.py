"""Results of a rescue: saved runs, other files, and failures. One bad file does not end the rescue of the others."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from retropod import durable
from retropod.errors import DamagedData, OperationFailed, RetropodError
from retropod.runs.files import RESCUED
from retropod.runs.store import Store
from retropod.transport.serial import PortGone

_Result = TypeVar("_Result")


class Saved(NamedTuple):
    """A run that is stored on this machine: complete if `whole`, otherwise its readable part.

    `on_pod`: its path on the pod, or empty. `sha256`: hex digits of a complete run that the pod verified, or empty.
    """

    name: str
    path: Path
    size: int
    whole: bool
    on_pod: str = ""
    sha256: str = ""


class Rescue:
    """A rescue into `store`.

    `saved`: runs. `kept`: other files on this machine. `failures`: the cause by name, for everything that may be
    readable and is not saved.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.saved: list[Saved] = []
        self.kept: list[Path] = []
        self.failures: dict[str, str] = {}

    def attempt(self, name: str, act: Callable[[], _Result]) -> _Result | None:
        """Return the result of `act`, or note its error as the failure of `name` and return None.

        A success removes an earlier failure. Raises PortGone: without the port nothing else can be saved.
        """
        try:
            result = act()
        except PortGone:
            raise
        except RetropodError as error:
            self.failures[name] = error.message
        except OSError as error:
            self.failures[name] = f"{error.filename or self.store.root}: {error.strerror or error}"
        else:
            self.failures.pop(name, None)
            return result
        return None

    def keep(self, name: str, data: bytes) -> Path:
        """Save a file that is not a complete run. Never replaces one. Raises OSError, DamagedData."""
        return save(self.store.root / RESCUED / name, data)

    def check_complete(self) -> None:
        """Raise OperationFailed if anything that may be readable is not saved."""
        if self.failures:
            listed = "; ".join(f"{name}: {cause}" for name, cause in self.failures.items())
            raise OperationFailed(
                f"not everything could be saved, so nothing was erased: {listed}",
                "remove the cause and run the command again; add --force to erase the pod anyway",
            )


def save(path: Path, data: bytes) -> Path:
    """Save a file durably under a free name and compare it with `data`. Raises OSError, DamagedData."""
    stored = durable.save_new(path, data)
    verify(stored, hashlib.sha256(data).digest())
    return stored


def verify(path: Path, sha256: bytes) -> None:
    """Raise DamagedData unless the file, read back, has this digest."""
    if durable.digest(path) != sha256:
        raise DamagedData(f"{path} differs from the data that was written", "check the disk, or set RETROPOD_RUNS")
