"""Steps of an installation as a person sees them: a bar for each on a terminal, else a line; a log when one fails."""

import contextlib
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from retropod.cli import output
from retropod.cli.frame import settings
from retropod.errors import RetropodError


class Lines:
    """One line a step."""

    def __init__(self) -> None:
        self.transcript: list[str] = []

    def step(self, text: str) -> None:
        """A step begins."""
        self.transcript.append(f"== {text}")
        output.note(text)

    def progress(self, part: float) -> None:
        """Lines do not move."""

    def log(self, text: str) -> None:
        """Kept for the log file; -v shows it."""
        self.transcript.append(text)
        output.detail(text.rstrip())

    @contextlib.contextmanager
    def quiet(self) -> Generator[None]:
        """While somebody is asked something."""
        yield


class Bars(Lines):
    """One bar a step, the last one moving."""

    def __init__(self, progress: Any) -> None:
        super().__init__()
        self._bars = progress
        self._task: Any = None

    def step(self, text: str) -> None:
        """The last bar is full, a new one begins."""
        self.transcript.append(f"== {text}")
        self.finish()
        self._task = self._bars.add_task(text, total=None)

    def progress(self, part: float) -> None:
        """Move the bar."""
        self._bars.update(self._task, total=1.0, completed=part)

    def finish(self) -> None:
        """All is done."""
        if self._task is not None:
            self._bars.update(self._task, total=1.0, completed=1.0)
            self._bars.stop_task(self._task)

    def log(self, text: str) -> None:
        """Kept for the log file."""
        self.transcript.append(text)

    @contextlib.contextmanager
    def quiet(self) -> Generator[None]:
        """Bars stand still while somebody is asked something: what is typed would be drawn over."""
        self._bars.stop()
        try:
            yield
        finally:
            self._bars.start()


@contextlib.contextmanager
def watching(name: str) -> Generator[Lines]:
    """Show the steps of command `name`, its total time, and where the transcript is if it fails."""
    start = time.monotonic()
    with _shown() as watcher:
        try:
            yield watcher
        except RetropodError as error:
            if watcher.transcript:
                log = _keep(name, [*watcher.transcript, f"error: {error.message}"])
                error.hint += f" (log: {log})" if log else ""
            raise
        if isinstance(watcher, Bars):
            watcher.finish()
    output.note(f"done in {time.monotonic() - start:.0f} s")


@contextlib.contextmanager
def _shown() -> Generator[Lines]:
    if settings().json or settings().verbose or not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield Bars(progress)


def _keep(name: str, transcript: list[str]) -> Path | None:
    """Write the transcript where this platform keeps logs. None when that cannot be done: the error matters more."""
    import platformdirs

    path = Path(platformdirs.user_log_dir("retropod", appauthor=False)) / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(transcript) + "\n", encoding="utf-8")
    except OSError:
        return None
    return path
