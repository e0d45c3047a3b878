"""Renders the source at the chip's settings into files that the chip model reads."""

from pathlib import Path
from typing import Any

import numpy as np

from retropod.virtual.source import Source


class Renderer:
    """Files in `directory`, one for each element, rate and sensitivity. `rate_hz` is the last requested rate."""

    def __init__(self, source: Source | None, directory: Path) -> None:
        self._source = source
        self._directory = directory
        self.rate_hz = 0.0
        self._made: dict[tuple[str, float, float, int], dict[str, Any]] = {}

    def render(self, element: str, rate_hz: float, lsb: float, full: int) -> dict[str, Any]:
        """`path` (None without a source), `count` of samples, `before` and `after` as six bytes: for a `Wave`.

        `full`: the largest count of the chip.
        """
        self.rate_hz = rate_hz
        key = (element, rate_hz, lsb, full)
        if key not in self._made:
            self._made[key] = self._make(element, rate_hz, lsb, full)
        return self._made[key]

    def _make(self, element: str, rate_hz: float, lsb: float, full: int) -> dict[str, Any]:
        if self._source is None:
            standing = np.array([0, 0, round(1 / lsb)] if element == "acc" else [0, 0, 0], "<i2")
            rest = list(standing.tobytes())
            return {"path": None, "count": 0, "before": rest, "after": rest}
        counts = self._source.counts(element, rate_hz, lsb, full).astype("<i2")
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / f"{element}{len(self._made)}.bin"
        counts.tofile(path)
        before, after = (list(row.astype("<i2").tobytes()) for row in self._source.rest(element, lsb))
        return {"path": str(path.resolve()), "count": len(counts), "before": before, "after": after}
