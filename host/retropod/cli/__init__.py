"""The command line: the one place that prints and exits."""

import signal
import sys
from typing import Any


def main(arguments: list[str] | None = None) -> None:
    """Run `retropod` and exit with its code: no traceback ever reaches a person who did not ask for it."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    from retropod.cli import failure
    from retropod.cli.frame import cli

    try:
        result: Any = cli.main(args=arguments, prog_name="retropod", standalone_mode=False)
    except BaseException as error:  # the one catch-all; what it does not know it says how to report
        return failure.report(error)
    return result if isinstance(result, int) else 0


def _terminate(*_: object) -> None:
    """Unwind like any other end, so that virtual pods and ports are closed."""
    raise SystemExit(143)
