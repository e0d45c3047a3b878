"""Display of the steps of an installation: bars on a terminal, otherwise lines. An error leaves a log file."""

import contextlib
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from retropod.cli import output
from retropod.cli.options import options
from retropod.errors import RetropodError

_LINE_S = 5.0  # between two lines of progress


class Lines:
    """One line for each step, and a line of progress every 5 s while a step transfers bytes."""

    def __init__(self) -> None:
        self.transcript: list[str] = []
        self._began = self._shown = 0.0

    def step(self, text: str) -> None:
        """Print the start of a step."""
        self.transcript.append(f"== {text}")
        self._began = self._shown = time.monotonic()
        output.print_note(text)

    def progress(self, part: float, size: int = 0) -> None:
        """Print percentage, bytes and remaining time every 5 s, if the step has a size."""
        now = time.monotonic()
        if not size or now - self._shown < _LINE_S or not 0.0 < part < 1.0:
            return
        self._shown = now
        left_s = (now - self._began) / part * (1.0 - part)
        output.print_note(f"  {part:.0%}, {_of(part, size)}, {left_s:.0f} s left")

    def log(self, text: str) -> None:
        """Add text to the log file and print it if -v is given."""
        self.transcript.append(text)
        output.print_detail(text.rstrip())

    @contextlib.contextmanager
    def paused(self) -> Generator[None]:
        """Print nothing for the block, in which the user answers a question."""
        yield


def _of(part: float, size: int) -> str:
    return f"{round(part * size / 1024)} of {-(-size // 1024)} kB"


class Bars(Lines):
    """One bar of rich.progress for each step. The last one moves."""

    def __init__(self, progress: Any) -> None:
        super().__init__()
        self._bars = progress
        self._task: Any = None

    def step(self, text: str) -> None:
        """Complete the last bar and add one for the new step."""
        self.transcript.append(f"== {text}")
        self.finish()
        self._task = self._bars.add_task(text, total=None, amount="")

    def progress(self, part: float, size: int = 0) -> None:
        """Move the bar, with percentage and bytes if the step has a size."""
        amount = f"{part:.0%}, {_of(part, size)}" if size else ""
        self._bars.update(self._task, total=1.0, completed=part, amount=amount)

    def finish(self) -> None:
        """Complete the last bar."""
        if self._task is not None:
            self._bars.update(self._task, total=1.0, completed=1.0, amount="")
            self._bars.stop_task(self._task)

    def log(self, text: str) -> None:
        """Add text to the log file."""
        self.transcript.append(text)

    @contextlib.contextmanager
    def paused(self) -> Generator[None]:
        """Stop the bars for the block, in which the user answers a question: they would overwrite the input."""
        self._bars.stop()
        try:
            yield
        finally:
            self._bars.start()


@contextlib.contextmanager
def watching(name: str) -> Generator[Lines]:
    """Show the steps of the command `name` and its total time. After an error, name a log file in the hint."""
    start = time.monotonic()
    with _display() as observer:
        try:
            yield observer
        except RetropodError as error:
            if observer.transcript:
                log = _write_log(name, [*observer.transcript, f"error: {error.message}"])
                error.hint += f" (log: {log})" if log else ""
            raise
        except BaseException as error:  # Ctrl-C, a full disk
            for text in getattr(error, "__notes__", ()):
                output.print_note(text)
            raise
        if isinstance(observer, Bars):
            observer.finish()
    output.print_note(f"done in {time.monotonic() - start:.0f} s")


@contextlib.contextmanager
def _display() -> Generator[Lines]:
    if options().json or options().verbose or not sys.stderr.isatty():
        yield Lines()
        return
    from rich.progress import BarColumn, SpinnerColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        SpinnerColumn(),
        "{task.description}",
        BarColumn(bar_width=24),
        "{task.fields[amount]}",
        TimeElapsedColumn(),
        "left",
        TimeRemainingColumn(compact=True),
    )
    with output.progress(*columns) as progress:
        yield Bars(progress)


def _write_log(name: str, transcript: list[str]) -> Path | None:
    """Write the transcript to the user's log folder. Return its path, or None if that fails."""
    import platformdirs

    path = Path(platformdirs.user_log_dir("retropod", appauthor=False)) / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(transcript) + "\n", encoding="utf-8")
    except OSError:
        return None
    return path
