"""`retropod doctor`."""

import shutil
import sys
import textwrap
from collections import Counter

import click
from rich.console import Console
from rich.text import Text

from retropod.cli import output
from retropod.cli.frame import command, settings
from retropod.doctor.examine import examine
from retropod.doctor.items import FAIL, ITEMS, PASS, SKIPPED, WARN, Result

_COLOURS = {PASS: "green", WARN: "yellow", FAIL: "bold red", SKIPPED: "bright_black"}
_SHOWN = {SKIPPED: "skip"}
_NAME = max(len(name) for name in ITEMS)
_INDENT = 2 + 4 + 2 + _NAME + 2


@command("doctor")
@click.option("--explain", is_flag=True, help="Ask nobody: list what is looked at, what it means and what mends it.")
def doctor(explain: bool) -> int:
    """What is wrong, and what mends it: a line each for this machine, the line, the pod and its sensor.

    Lay the pod down and let it lie still: its sensor is tested too, which takes up to ten seconds and costs a
    second of samples. While a run is being recorded, its self-test is left out. Exit code 1 when anything fails.
    """
    screen, results = _Screen(), list[Result]()
    if explain:
        return _explain(screen)
    for result in examine(settings().port, settings().baud):
        results.append(result)
        if not settings().json:
            screen.show(result)
    counts = Counter(result.verdict for result in results)
    if settings().json:
        output.emit({"results": [result.as_json() for result in results], "failed": counts[FAIL]})
    else:
        output.note(summary(counts))
    return 1 if counts[FAIL] else 0


def _explain(screen: "_Screen") -> int:
    if settings().json:
        output.emit([{"item": item.name, "meaning": item.meaning, "mend": item.fix or None} for item in ITEMS.values()])
        return 0
    for item in ITEMS.values():
        screen.entry("", "", item.name, item.meaning, item.fix)
    return 0


def summary(counts: Counter[str]) -> str:
    """How many of each verdict, worst first."""
    named = ((FAIL, "failed"), (WARN, "to look at"), (PASS, "passed"), (SKIPPED, "skipped"))
    return ", ".join(f"{counts[verdict]} {words}" for verdict, words in named if counts[verdict])


class _Screen:
    """Aligned lines; on a terminal wrapped and in colour."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000

    def show(self, result: Result) -> None:
        """One result: verdict, item, words; below it the mend."""
        verdict, colour = _SHOWN.get(result.verdict, result.verdict), _COLOURS.get(result.verdict, "")
        self.entry(verdict, colour, result.item, result.words, result.fix)
        sys.stdout.flush()
        if result.item == "slot":
            output.note(" " * _INDENT + "now let the pod lie still: its sensor is tested, up to ten seconds")

    def entry(self, mark: str, colour: str, name: str, words: str, fix: str) -> None:
        """A mark, a name, words; below them what mends it."""
        head = Text("  ")
        head.append(f"{mark:<4}", colour)
        first, *rest = self._wrapped(words) or [""]
        head.append(f"  {name.replace('_', ' '):<{_NAME}}  {first}".rstrip())
        self._console.print(head, soft_wrap=True)
        for line in [*rest, *self._wrapped(f"-> {fix}" if fix else "", "   ")]:
            self._console.print(Text(" " * _INDENT + line), soft_wrap=True)

    def _wrapped(self, text: str, further: str = "") -> list[str]:
        return textwrap.wrap(text, max(30, self._width - _INDENT), subsequent_indent=further)
