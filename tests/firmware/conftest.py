"""Virtual pods with the built app."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from retropod.virtual.pod import VirtualPod
from retropod.virtual.source import Source
from shared import scenario


@pytest.fixture(scope="module")
def walk() -> Source:
    """Standing, then a minute of walking."""
    recording = scenario("walk", 416.6875, 1, duration_s=60)
    return Source(recording.acc, recording.gyr, 416.6875)


@pytest.fixture
def virtual(micropython: Path, tmp_path: Path) -> Iterator[Callable[..., VirtualPod]]:
    """Start virtual pods one after the other on the same flash, and close them."""
    pods: list[VirtualPod] = []

    def make(source: Source | None = None, **options: Any) -> VirtualPod:
        for old in pods:
            old.close()
        pods[:] = [VirtualPod(tmp_path, source, **options)]
        pods[0].start()
        return pods[0]

    yield make
    for pod in pods:
        log = pod.log_text()
        pod.close()
        assert "Traceback" not in log, log
