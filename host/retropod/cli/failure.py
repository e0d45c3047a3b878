"""Errors as the user sees them: `error:` and `hint:` on stderr, and the exit code."""

import contextlib
import errno
import re
import sys
import traceback
from pathlib import Path
from typing import Any

import click

from retropod.cli import output
from retropod.cli.options import options
from retropod.cli.streams import ReaderLeft
from retropod.errors import OperationFailed, RetropodError

INTERRUPTED = 130
_HELP: Any = getattr(click.exceptions, "NoArgsIsHelpError", ())  # since click 8.2: its message is the help page
_BREAKS = re.compile(r"[ \t\r\n]+")
_REPORT = "report this bug of retropod, with the output of the same command and -v"
_CHECK = "check the path, its permissions and the free space"
_PERMISSION = "check the owner and the permissions of the file and of its folder"
_SPACE = "free space on that disk, then run the command again"
_HINTS = {
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EFBIG: _SPACE,
    errno.EACCES: _PERMISSION,
    errno.EPERM: _PERMISSION,
    errno.ENOENT: "check the path; a folder in it may be missing",
    errno.EEXIST: "choose another name, or move the existing file",
    errno.EISDIR: "give a file instead of a folder",
    errno.ENOTDIR: "give a path in which every part before the last one is a folder",
    errno.EROFS: "choose a folder on a disk that can be written",
    errno.EMFILE: "raise the limit of open files, for example with `ulimit -n 1024`",
    errno.ENFILE: "end other programs: the system has too many open files",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "check the path: its symbolic links form a loop",
    errno.EIO: "check the disk and its cable",
    errno.EPIPE: "run the command again: the program or port at the other end closed the connection",
}


class Hidden(Exception):
    """Carries an error through click, which would replace it: EOFError and errors of a pipe."""


class UnknownCommand(click.UsageError):
    """A command that does not exist. `possibilities`: the nearest one, with the words before it."""

    def __init__(self, message: str, possibilities: list[str], ctx: click.Context) -> None:
        super().__init__(message, ctx)
        self.possibilities = possibilities


def report(error: BaseException) -> int:
    """Print the error and return its exit code."""
    if isinstance(error, Hidden) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, ReaderLeft):
        return 0
    with contextlib.suppress(ReaderLeft, RetropodError, OSError):  # the first error is the one to report
        sys.stdout.flush()
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if options().verbose:
        output.print_lines("".join(traceback.format_exception(error)).rstrip())
    if isinstance(error, SystemExit):
        return _exit(error.code)
    if isinstance(error, KeyboardInterrupt | click.Abort):
        output.print_lines("interrupted")  # not an error: Ctrl-C is the way to end `live` and `sim`
        return INTERRUPTED
    return _known(error)


def of_file(error: OSError, path: Path | None = None) -> OperationFailed:
    """Return an error of a file with its remedy. `path`: of a file that it may not name."""
    if path is not None and error.filename is None:
        error.filename = str(path)
    return OperationFailed(_places(error) + _cause(error.strerror or str(error)), _HINTS.get(error.errno or 0, _CHECK))


def _exit(code: Any) -> int:
    """Return the exit code of SystemExit, whose code may also be a text or None."""
    if code is None or isinstance(code, int):
        return code or 0
    return _print(str(code), "", 1)


def _known(error: BaseException) -> int:
    if isinstance(error, RetropodError):
        return _print(error.message, error.hint, error.exit_code)
    if isinstance(error, click.UsageError) and isinstance(error, _HELP):
        return _help(error.format_message())
    if isinstance(error, click.UsageError):
        return _usage(error)
    if isinstance(error, click.ClickException):
        return _print(_cause(error.format_message()), "", error.exit_code)
    if isinstance(error, OSError) and error.strerror:
        return _known(of_file(error))
    return _print(f"unexpected {type(error).__name__}: {error}", _REPORT, 1)


def _help(page: str) -> int:
    try:
        output.print_help(page)
        sys.stdout.flush()
    except (ReaderLeft, RetropodError) as error:
        return report(error)
    return 2


def _usage(error: click.UsageError) -> int:
    hint = f"run `{error.ctx.command_path if error.ctx else 'retropod'} --help`"
    if variable := _variable(error):
        hint = f"correct or remove the environment variable {variable}"
    nearest = getattr(error, "possibilities", None)  # of an unknown command or option
    if nearest:
        return _print(_cause(error.message), f"did you mean `{nearest[0]}`? If not, {hint}", 2)
    return _print(_cause(error.format_message()), hint, 2)


def _variable(error: click.UsageError) -> str:
    """Return the environment variable that the wrong value is from, or an empty text."""
    parameter, source = getattr(error, "param", None), click.core.ParameterSource.ENVIRONMENT
    if parameter is None or error.ctx is None or error.ctx.get_parameter_source(parameter.name) is not source:
        return ""
    return str(parameter.envvar)


def _places(error: OSError) -> str:
    """Return the files that the error names, to precede its reason."""
    return "".join(f"{_name(name)}: " for name in (error.filename, error.filename2) if name not in (None, ""))


def _name(name: Any) -> str:
    return name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else str(name)


def _cause(text: str) -> str:
    """Return a text of another library in the form of our errors: lower case, without a full stop."""
    return text[:1].lower() + text[1:].rstrip(". \n")


def _print(cause: str, hint: str, code: int) -> int:
    for name, text in (("error", cause), ("hint", hint)):
        if text:
            output.print_lines(f"{name}: {_BREAKS.sub(' ', text).strip()}")
    return code
