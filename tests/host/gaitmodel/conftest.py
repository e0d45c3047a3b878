"""Recordings of the model that several tests use."""

from collections.abc import Callable

import pytest

from retropod.virtual.gaitmodel import ModelRecording
from shared import scenario


@pytest.fixture(scope="session")
def model() -> Callable[..., ModelRecording]:
    """Return `scenario` at 416 Hz with seed 1."""

    def made(name: str, **parameters: float) -> ModelRecording:
        return scenario(name, 416.0, 1, **parameters)

    return made
