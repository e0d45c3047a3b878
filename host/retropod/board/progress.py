"""Progress of an installation: steps, the done part of the current one, and a transcript for an error report."""

from typing import Protocol


class Watcher(Protocol):
    """An observer of an installation. A step lasts until the next one begins.

    `progress` reports the done part of the step, 0 to 1, and its size in bytes if it transfers any.
    """

    def step(self, text: str) -> None: ...
    def progress(self, part: float, size: int = 0) -> None: ...
    def log(self, text: str) -> None: ...


class Nobody:
    """An observer that ignores everything."""

    def step(self, text: str) -> None:
        """Ignore the begin of a step."""

    def progress(self, part: float, size: int = 0) -> None:
        """Ignore the progress of a step."""

    def log(self, text: str) -> None:
        """Ignore a line of the transcript."""


class Part:
    """One of `count` equal parts of a step."""

    def __init__(self, watcher: Watcher, number: int, count: int) -> None:
        self._watcher, self._number, self._count = watcher, number, count

    def step(self, text: str) -> None:
        """Forward the begin of a step."""
        self._watcher.step(text)

    def progress(self, part: float, size: int = 0) -> None:
        """Report the progress of the whole step."""
        self._watcher.progress((self._number + part) / self._count)

    def log(self, text: str) -> None:
        """Forward a line of the transcript."""
        self._watcher.log(text)
