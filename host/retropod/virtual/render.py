"""Renders the source for the chip's settings into files that the chip model reads."""

from pathlib import Path
from typing import Any

import numpy as np

from retropod.virtual.source import Source


class Renderer:
    """Files in `directory`, one per element, rate and sensitivity; each is made once."""

    def __init__(self, source: Source | None, directory: Path) -> None:
        self._source = source
        self._directory = directory
        self._made: dict[tuple[str, float, float], dict[str, Any]] = {}

    def render(self, element: str, rate_hz: float, lsb: float) -> dict[str, Any]:
        """`path` (None without a source), `count` of samples, `rest` as six bytes: what a `Wave` on the pod takes."""
        key = (element, rate_hz, lsb)
        if key not in self._made:
            self._made[key] = self._make(element, rate_hz, lsb)
        return self._made[key]

    def _make(self, element: str, rate_hz: float, lsb: float) -> dict[str, Any]:
        if self._source is None:
            standing = np.array([0, 0, round(1 / lsb)] if element == "acc" else [0, 0, 0], "<i2")
            return {"path": None, "count": 0, "rest": list(standing.tobytes())}
        counts = self._source.counts(element, rate_hz, lsb).astype("<i2")
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / f"{element}{len(self._made)}.bin"
        counts.tofile(path)
        rest = self._source.rest(element, lsb).astype("<i2")
        return {"path": str(path.resolve()), "count": len(counts), "rest": list(rest.tobytes())}
