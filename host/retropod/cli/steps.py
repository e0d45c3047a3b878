"""Steps of an installation on the screen: a bar for each on a terminal, otherwise lines; a log file after an error."""

import contextlib
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from retropod.cli import output
from retropod.cli.options import options
from retropod.errors import RetropodError

_LINE_S = 5.0  # between two lines of progress where no bar can be drawn


class Lines:
    """One line for each step, and a line of progress every 5 s while a step transfers bytes."""

    def __init__(self) -> None:
        self.transcript: list[str] = []
        self._began = self._shown = 0.0

    def step(self, text: str) -> None:
        """Print the begin of a step."""
        self.transcript.append(f"== {text}")
        self._began = self._shown = time.monotonic()
        output.print_note(text)

    def progress(self, part: float, size: int = 0) -> None:
        """Print percent, bytes and time left, if the step has a size and the last line is old enough."""
        now = time.monotonic()
        if not size or now - self._shown < _LINE_S or not 0.0 < part < 1.0:
            return
        self._shown = now
        left_s = (now - self._began) / part * (1.0 - part)
        output.print_note(f"  {part:.0%}, {_of(part, size)}, {left_s:.0f} s left")

    def log(self, text: str) -> None:
        """Keep a line for the log file; -v shows it."""
        self.transcript.append(text)
        output.print_detail(text.rstrip())

    @contextlib.contextmanager
    def quiet(self) -> Generator[None]:
        """Draw nothing for the block, in which the user answers a question."""
        yield


def _of(part: float, size: int) -> str:
    return f"{round(part * size / 1024)} of {-(-size // 1024)} kB"


class Bars(Lines):
    """One bar for each step. The last one moves."""

    def __init__(self, progress: Any) -> None:
        super().__init__()
        self._bars = progress
        self._task: Any = None

    def step(self, text: str) -> None:
        """Fill the last bar and begin a new one."""
        self.transcript.append(f"== {text}")
        self.finish()
        self._task = self._bars.add_task(text, total=None, amount="")

    def progress(self, part: float, size: int = 0) -> None:
        """Move the bar, with percent and bytes if the step has a size."""
        amount = f"{part:.0%}, {_of(part, size)}" if size else ""
        self._bars.update(self._task, total=1.0, completed=part, amount=amount)

    def finish(self) -> None:
        """Fill the last bar."""
        if self._task is not None:
            self._bars.update(self._task, total=1.0, completed=1.0, amount="")
            self._bars.stop_task(self._task)

    def log(self, text: str) -> None:
        """Keep a line for the log file."""
        self.transcript.append(text)

    @contextlib.contextmanager
    def quiet(self) -> Generator[None]:
        """Stop the bars for the block, in which the user answers a question: they would draw over the input."""
        self._bars.stop()
        try:
            yield
        finally:
            self._bars.start()


@contextlib.contextmanager
def watching(name: str) -> Generator[Lines]:
    """Show the steps of command `name` and its total time. After an error, name the file of the transcript."""
    start = time.monotonic()
    with _shown() as watcher:
        try:
            yield watcher
        except RetropodError as error:
            if watcher.transcript:
                log = _keep(name, [*watcher.transcript, f"error: {error.message}"])
                error.hint += f" (log: {log})" if log else ""
            raise
        except KeyboardInterrupt as interrupt:
            for text in getattr(interrupt, "__notes__", ()):
                output.print_note(text)
            raise
        if isinstance(watcher, Bars):
            watcher.finish()
    output.print_note(f"done in {time.monotonic() - start:.0f} s")


@contextlib.contextmanager
def _shown() -> Generator[Lines]:
    if options().json or options().verbose or not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[amount]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield Bars(progress)


def _keep(name: str, transcript: list[str]) -> Path | None:
    """Write the transcript to this platform's folder of logs. Return None if that fails: the error matters more."""
    import platformdirs

    path = Path(platformdirs.user_log_dir("retropod", appauthor=False)) / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(transcript) + "\n", encoding="utf-8")
    except OSError:
        return None
    return path
