"""Errors as the user sees them: `error:` and `hint:` on stderr, and the exit code."""

import os
import sys
import traceback
from typing import Any

import click

from retropod.cli.options import options
from retropod.errors import RetropodError

INTERRUPTED = 130
_HELP: Any = getattr(click.exceptions, "NoArgsIsHelpError", ())  # since click 8.2: its message is the help page
_REPORT = "report this bug of retropod, with the output of the same command and -v"


def report(error: BaseException) -> int:
    """Print the error and return its exit code."""
    if options().verbose and not isinstance(error, click.exceptions.Exit | SystemExit):
        traceback.print_exception(error, file=sys.stderr)
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 1
    if isinstance(error, KeyboardInterrupt | click.Abort):
        sys.stderr.write("interrupted\n")  # not an error: Ctrl-C is the way to end `live` and `sim`
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return _discard_stdout()
    return _known(error)


def _known(error: BaseException) -> int:
    if isinstance(error, RetropodError):
        return _print(error.message, error.hint, error.exit_code)
    if isinstance(error, click.UsageError) and isinstance(error, _HELP):
        sys.stderr.write(error.format_message() + "\n")
        return 2
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else "retropod"
        return _print(_cause(error.format_message()), f"run `{path} --help`", 2)
    if isinstance(error, click.ClickException):
        return _print(_cause(error.format_message()), "", error.exit_code)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return _print(where + _cause(error.strerror), "check the path, its permissions and the free space", 1)
    return _print(f"unexpected {type(error).__name__}: {error}", _REPORT, 1)


def _cause(text: str) -> str:
    """Return a text of another library in the form of our errors: lower case, without a full stop."""
    return text[:1].lower() + text[1:].rstrip(". \n")


def _print(cause: str, hint: str, code: int) -> int:
    cause = " ".join(cause.split())
    lines = f"error: {cause}\n" + (f"hint: {hint}\n" if hint else "")
    try:
        sys.stdout.flush()
        sys.stderr.write(lines)
    except BrokenPipeError:
        return _discard_stdout()
    return code


def _discard_stdout() -> int:
    """Return success after the reader of a pipe left, as in `retropod live | head`.

    Redirect stdout to the null device: Python would otherwise report the broken pipe at exit.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 0
