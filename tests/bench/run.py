"""Measure every figure, print one table, write build/bench.json. Arguments, if any, are the names wanted."""

import json
import sys

from rich.console import Console
from rich.table import Table

from bench.registry import BUILD, Result, benches, measure, names_of


def _shown(result: Result) -> str:
    if result.value is None:
        return "not measured"
    if isinstance(result.value, dict):
        return "\n".join(f"{row} {'/'.join(map(str, counts))}" for row, counts in result.value.items())
    if isinstance(result.value, int):
        return f"{result.value:,}"
    return f"{result.value:,.4g}" if abs(result.value) < 1000 else f"{result.value:,.0f}"


def _table(results: list[Result]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("figure", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("unit")
    table.add_column("method", ratio=1)
    for result in results:
        table.add_row(result.name, _shown(result), result.unit, result.method)
    return table


def _save(results: list[Result], keep: bool) -> None:
    """Save the results. After a run of some figures, the others keep their values."""
    path = BUILD / "bench.json"
    measured = json.loads(path.read_text()) if keep and path.is_file() else {}
    measured |= {r.name: {"value": r.value, "unit": r.unit, "method": r.method} for r in results}
    BUILD.mkdir(exist_ok=True)
    path.write_text(json.dumps(measured, indent=1) + "\n")


def main(wanted: list[str]) -> None:
    console = Console(stderr=True)
    unknown = set(wanted) - {name for bench in benches() for name in names_of(bench)}
    if unknown:
        console.print(f"error: unknown figure {', '.join(sorted(unknown))}")
        console.print("hint: `make bench` without FIGURES shows all names")
        sys.exit(2)
    results: list[Result] = []
    for bench in benches():
        if not wanted or set(wanted) & set(names_of(bench)):
            with console.status(f"measuring {', '.join(names_of(bench))}"):
                results += measure(bench)
    Console(width=None if sys.stdout.isatty() else 160).print(_table(results))
    _save(results, keep=bool(wanted))


if __name__ == "__main__":
    main(sys.argv[1:])
