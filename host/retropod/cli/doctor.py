"""`retropod doctor`."""

from collections import Counter

import click
from rich.table import Table
from rich.text import Text

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.options import options
from retropod.doctor.examine import examine
from retropod.doctor.items import FAIL, ITEMS, PASS, SKIPPED, WARN, Result

_COLOURS = {PASS: "green", WARN: "yellow", FAIL: "bold red", SKIPPED: "bright_black"}
_SHOWN = {SKIPPED: "skip"}
_MARK = 4  # columns, as `warn`
_NAME = max(len(name) for name in ITEMS)
_INDENT = 2 + _MARK + 2 + _NAME + 2


@command("doctor")
@click.option("--explain", is_flag=True, help="List all checks with their meaning and fix, without contacting a pod.")
def doctor(explain: bool) -> int:
    """Diagnose this computer, the port, the pod and its sensor, and name the fix of each problem.

    Lay the pod down and keep it still: the sensor test takes up to ten seconds and loses one second of samples. The
    self-test is skipped while a run is recorded. The exit code is 1 if a check fails.
    """
    screen, results = _Screen(), list[Result]()
    if explain:
        return _explain(screen)
    for result in examine(options().port, options().baud):
        results.append(result)
        if not options().json:
            screen.show(result)
    counts = Counter(result.verdict for result in results)
    if options().json:
        output.print_json({"results": [result.as_json() for result in results], "failed": counts[FAIL]})
    else:
        output.print_note(summary(counts))
    return 1 if counts[FAIL] else 0


def _explain(screen: "_Screen") -> int:
    if options().json:
        for item in ITEMS.values():
            output.print_json({"item": item.name, "meaning": item.meaning, "fix": item.fix or None})
        return 0
    for item in ITEMS.values():
        screen.entry("", "", item.name, item.meaning, item.fix)
    return 0


def summary(counts: Counter[str]) -> str:
    """Return the count of each verdict, worst first."""
    named = ((FAIL, "failed"), (WARN, "to check"), (PASS, "passed"), (SKIPPED, "skipped"))
    return ", ".join(f"{counts[verdict]} {words}" for verdict, words in named if counts[verdict])


class _Screen:
    """Aligned entries, wrapped and in colour on a terminal."""

    def show(self, result: Result) -> None:
        """Print a result: verdict, item and finding, with the fix on the next line."""
        verdict, colour = _SHOWN.get(result.verdict, result.verdict), _COLOURS.get(result.verdict, "")
        self.entry(verdict, colour, result.item, result.words, result.fix)
        if result.item == "slot":
            output.print_note(" " * _INDENT + "now keep the pod still for up to ten seconds: its sensor is tested")

    def entry(self, mark: str, colour: str, name: str, words: str, fix: str) -> None:
        """Print a mark, a name and a text, with the fix on the next line."""
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=2 + _MARK)
        table.add_column(width=_NAME)
        table.add_row(Text(f"  {mark}", colour), name.replace("_", " "), Text(words))
        if fix:
            remedy = Table.grid(padding=(0, 1, 0, 0))
            remedy.add_row("->", Text(fix))
            table.add_row("", "", remedy)
        output.print_rich(table)
