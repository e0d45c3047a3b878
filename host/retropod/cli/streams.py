"""Standard output and standard error of a process: encodings, closed pipes, full disks."""

import codecs
import contextlib
import errno
import io
import os
import sys
from typing import TextIO

from retropod.cli.plaintext import substitute
from retropod.errors import OperationFailed

_HANDLER = "retropod.substitute"
_CLOSED = (errno.EPIPE, errno.EINVAL)  # EINVAL: Windows, if the reader of the pipe has left


class ReaderLeft(Exception):  # not an OSError: handlers of library code must not take it for an error of a port
    """The reader of standard output has left, as in `retropod live | head`. This is a normal end."""


class _Stream(io.TextIOWrapper):
    """Text stream on a standard stream. After a failed write, everything else is discarded."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError as error:
            self._discard(error)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self._discard(error)

    def _discard(self, error: OSError) -> None:
        """Redirect the stream to the null device: Python would otherwise report the error again at exit."""
        with contextlib.suppress(OSError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self.fileno())
            os.close(null)
        self._react(error)

    def _react(self, error: OSError) -> None:
        """Ignore the error: a command does not depend on a reader of its messages."""


class _Output(_Stream):
    """Standard output, whose errors end the command."""

    def _react(self, error: OSError) -> None:
        if error.errno in _CLOSED:
            raise ReaderLeft from error
        reason = (error.strerror or str(error)).lower()
        raise OperationFailed(
            f"cannot write to standard output: {reason}", "free space on that disk, or write to another file"
        ) from error


def prepare() -> None:
    """Prepare the standard streams of this process. Call this once, before the first output."""
    codecs.register_error(_HANDLER, substitute)
    for _ in range(3):  # a file that is opened later must not take the number of a stream that the caller has closed
        number = os.open(os.devnull, os.O_RDWR)
        if number > 2:
            os.close(number)
            break
    sys.stdin = sys.stdin or os.fdopen(0)
    sys.stdout = _wrapped(sys.stdout, 1, _Output)
    sys.stderr = _wrapped(sys.stderr, 2, _Stream)


def _wrapped(stream: TextIO | None, number: int, kind: type[_Stream]) -> TextIO:
    """Return a stream of this kind in place of `stream`, with its encoding. A closed stream is None."""
    if stream is not None and not isinstance(stream, io.TextIOWrapper):  # of a notebook or a test
        return stream
    binary = os.fdopen(number, "wb", closefd=False)
    if stream is None:
        return kind(binary, errors=_HANDLER)
    return kind(binary, encoding=stream.encoding, errors=_HANDLER, line_buffering=stream.line_buffering)
