"""Progress of an installation on a terminal and in a file."""

import io
import time

import pytest
from rich.console import Console
from rich.progress import Progress, TextColumn

from retropod.cli import steps


def test_lines_report_bytes_and_time_left(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    lines = steps.Lines()
    lines.step("sending 2 of 5 files")
    for second, part in ((1, 0.1), (6, 0.25), (8, 0.3), (12, 0.5)):
        now[0] = 100.0 + second
        lines.progress(part, 80 * 1024)
    lines.progress(0.9)  # a step without a size
    assert capsys.readouterr().err.splitlines() == [
        "sending 2 of 5 files",
        "  25%, 20 of 80 kB, 18 s left",
        "  50%, 40 of 80 kB, 12 s left",
    ]


def test_the_state_of_the_board_is_printed_after_any_error(capsys: pytest.CaptureFixture[str]) -> None:
    error = OSError(28, "No space left on device")
    error.add_note("the old app was started again")
    with pytest.raises(OSError, match="No space"), steps.watching("update"):
        raise error
    assert "the old app was started again" in capsys.readouterr().err


def test_a_bar_shows_percent_and_bytes() -> None:
    screen = io.StringIO()
    columns = TextColumn("{task.description}"), TextColumn("{task.fields[amount]}")
    with Progress(*columns, console=Console(file=screen, force_terminal=True, width=100)) as progress:
        bars = steps.Bars(progress)
        bars.step("comparing")
        bars.progress(0.5)
        bars.step("sending")
        bars.progress(0.5, 80 * 1024)
        progress.refresh()
    assert "50%, 40 of 80 kB" in screen.getvalue()
