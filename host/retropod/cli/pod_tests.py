"""Results of a pod's short test after `flash` and `flash --repair`: (item, verdict, finding)."""

from retropod.cli import output


def show(tests: list[tuple[str, str, str]]) -> None:
    """Print the results as a table."""
    output.table(("test", "result", "finding"), tests)


def as_json(tests: list[tuple[str, str, str]]) -> list[dict[str, str]]:
    """Return the results for --json."""
    return [{"item": item, "verdict": verdict, "text": text} for item, verdict, text in tests]
