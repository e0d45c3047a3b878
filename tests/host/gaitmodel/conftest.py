"""Recordings of the model that several tests share."""

from collections.abc import Callable
from functools import lru_cache

import pytest

from retropod.virtual.gaitmodel import ModelRecording, scenario


@pytest.fixture(scope="session")
def model() -> Callable[..., ModelRecording]:
    """`scenario` at 416 Hz with seed 1, each recording made once."""

    @lru_cache(None)
    def made(name: str, **parameters: float) -> ModelRecording:
        return scenario(name, 416.0, 1, **parameters)

    return made
