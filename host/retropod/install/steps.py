"""What an installation says while it works: steps, how far the present one is, and a transcript for when it fails."""

from typing import Protocol


class Watcher(Protocol):
    """Somebody who watches. A step lasts until the next one begins; `progress` is its done part, 0 to 1."""

    def step(self, text: str) -> None: ...
    def progress(self, part: float) -> None: ...
    def log(self, text: str) -> None: ...


class Nobody:
    """Nobody watches."""

    def step(self, text: str) -> None:
        """A step begins."""

    def progress(self, part: float) -> None:
        """The step is so far."""

    def log(self, text: str) -> None:
        """For the transcript: what a tool was called with and what it printed."""


class Part:
    """One of `count` equal parts of a step that somebody watches."""

    def __init__(self, watcher: Watcher, number: int, count: int) -> None:
        self._watcher, self._number, self._count = watcher, number, count

    def step(self, text: str) -> None:
        """A step begins."""
        self._watcher.step(text)

    def progress(self, part: float) -> None:
        """The step is so far as its parts are."""
        self._watcher.progress((self._number + part) / self._count)

    def log(self, text: str) -> None:
        """For the transcript."""
        self._watcher.log(text)
