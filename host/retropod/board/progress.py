"""Progress of an installation: steps, the finished fraction of the current step, and a transcript for error reports."""

from typing import Protocol


class Observer(Protocol):
    """An observer of an installation. A step lasts until the next one begins.

    `progress` reports the finished fraction of the step, 0 to 1, and its size in bytes if it transfers any.
    """

    def step(self, text: str) -> None: ...
    def progress(self, part: float, size: int = 0) -> None: ...
    def log(self, text: str) -> None: ...


class NullObserver:
    """An observer that ignores everything."""

    def step(self, text: str) -> None:
        """Ignore the start of a step."""

    def progress(self, part: float, size: int = 0) -> None:
        """Ignore the progress of a step."""

    def log(self, text: str) -> None:
        """Ignore a line of the transcript."""


class StepPart:
    """One of `count` equal parts of a step."""

    def __init__(self, observer: Observer, number: int, count: int) -> None:
        self._observer, self._number, self._count = observer, number, count

    def step(self, text: str) -> None:
        """Forward the start of a step."""
        self._observer.step(text)

    def progress(self, part: float, size: int = 0) -> None:
        """Report the progress of the whole step."""
        self._observer.progress((self._number + part) / self._count)

    def log(self, text: str) -> None:
        """Forward a line of the transcript."""
        self._observer.log(text)
