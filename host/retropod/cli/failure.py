"""What a person sees when something fails: `error:` and `hint:` on stderr, and the exit code."""

import os
import sys
import traceback

import click

from retropod.cli.frame import settings
from retropod.errors import RetropodError

INTERRUPTED = 130
_REPORT = "this is a fault in retropod: please report it with the output of the same command and -v"


def report(error: BaseException) -> int:
    """Print the error and return the exit code that goes with it."""
    if settings().verbose and not isinstance(error, click.exceptions.Exit | SystemExit):
        traceback.print_exception(error, file=sys.stderr)
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 1
    if isinstance(error, KeyboardInterrupt | click.Abort):
        sys.stderr.write("interrupted\n")  # no error: it is how a person ends `live` and `sim`
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return _reader_left()
    return _known(error)


def _known(error: BaseException) -> int:
    if isinstance(error, RetropodError):
        return _say(error.message, error.hint, error.exit_code)
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else "retropod"
        return _say(error.format_message(), f"{path} --help", 2)
    if isinstance(error, click.ClickException):
        return _say(error.format_message(), "", error.exit_code)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return _say(f"{where}{error.strerror}", "check the path, its permissions and the space that is left", 1)
    return _say(f"unexpected {type(error).__name__}: {error}", _REPORT, 1)


def _say(cause: str, hint: str, code: int) -> int:
    cause = " ".join(cause.split())
    lines = f"error: {cause}\n" + (f"hint: {hint}\n" if hint else "")
    try:
        sys.stdout.flush()
        sys.stderr.write(lines)
    except BrokenPipeError:
        return _reader_left()
    return code


def _reader_left() -> int:
    """`retropod live | head`: whoever read has seen enough. Keep Python from complaining about it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 0
