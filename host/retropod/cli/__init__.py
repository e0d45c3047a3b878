"""Command line: the only package of the host that prints and exits."""

import signal
import sys
from typing import Any


def main(arguments: list[str] | None = None) -> None:
    """Run `retropod` and exit with its code. A traceback is printed only with -v."""
    from retropod.cli import streams

    signal.signal(signal.SIGTERM, _terminate)
    streams.prepare()
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    from retropod.cli import failure
    from retropod.cli.commands import cli

    try:
        result: Any = cli.main(args=arguments, prog_name="retropod", standalone_mode=False)
        sys.stdout.flush()  # a full disk or a reader that has left is reported here, not by Python at its exit
    except BaseException as error:  # the only catch-all of the host
        return failure.report(error)
    return result if isinstance(result, int) else 0


def _terminate(*_: object) -> None:
    """Raise SystemExit on SIGTERM, so that virtual pods and ports are closed."""
    raise SystemExit(143)
