"""Virtual pods with the tiny firmware of this folder."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from host.virtual.helpers import FIRMWARE
from retropod.virtual.pod import VirtualPod


@pytest.fixture
def make_pod(micropython: Path, tmp_path: Path) -> Iterator[Callable[..., VirtualPod]]:
    """A running pod with the tiny firmware; keyword arguments as VirtualPod's."""
    with contextlib.ExitStack() as running:

        def make(**settings: Any) -> VirtualPod:
            settings.setdefault("firmware", FIRMWARE)
            return running.enter_context(VirtualPod(tmp_path / "pod", **settings))

        yield make
