"""Results that the workers of one test run share. The first worker that needs a result makes it, the others wait."""

import contextlib
import fcntl
import hashlib
import os
import pickle
import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from retropod.virtual import gaitmodel
from retropod.virtual.gaitmodel import ModelRecording

_FOLDER = "RETROPOD_TEST_SHARED"  # environment variable, which the workers inherit
Result = TypeVar("Result")


@contextlib.contextmanager
def folder() -> Iterator[None]:
    """Provide the folder of the results to this process and its workers."""
    with tempfile.TemporaryDirectory(prefix="retropod-tests-") as made:
        os.environ[_FOLDER] = made
        yield


def once(name: str, make: Callable[[], Result]) -> Result:
    """Return the result of `make`, which runs once for each name and test run. It must be possible to pickle it."""
    if _FOLDER not in os.environ:  # a benchmark
        return make()
    path = Path(os.environ[_FOLDER]) / hashlib.sha256(name.encode()).hexdigest()
    if not path.exists():
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                part = path.with_suffix(".part")
                part.write_bytes(pickle.dumps(make()))
                part.rename(path)
    return pickle.loads(path.read_bytes())


@lru_cache(32)
def scenario(name: str, rate_hz: float, seed: int = 1, **parameters: float) -> ModelRecording:
    """Return `gaitmodel.scenario` of these arguments, with arrays that are read only."""
    key = f"scenario {name} {rate_hz} {seed} {sorted(parameters.items())}"
    made = once(key, lambda: gaitmodel.scenario(name, rate_hz, seed, **parameters))
    for array in (made.acc, made.gyr, made.path):
        array.setflags(write=False)
    return made
