"""All errors of the library, as one tree. The CLI turns each into `error:` and `hint:` lines and an exit code."""

import contextlib
from collections.abc import Generator
from pathlib import Path


@contextlib.contextmanager
def naming(path: Path, temporary: Path | None = None) -> Generator[None]:
    """Name the file in an OSError of the block that names none: a failed write knows only its file number.

    An error that names the `temporary` file, which becomes `path`, names `path`, too.
    """
    try:
        yield
    except OSError as error:
        if error.filename in (None, str(temporary)):
            error.filename, error.filename2 = str(path), None
        raise


class RetropodError(Exception):
    """Base of every error that the library raises on purpose.

    `message` is the cause in one line. `hint` tells a user the remedy and may be empty. A command that ends with the
    error returns `exit_code`.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class OperationFailed(RetropodError):
    """The pod or this machine could not execute the request."""


class UsageError(RetropodError):
    """The request is invalid or incomplete."""

    exit_code = 2


class NoPod(RetropodError):
    """No pod answered, or several pods did and the user named none of them."""

    exit_code = 3


class PortMissing(NoPod):
    """The port does not exist."""


class PortBusy(RetropodError):
    """Another program has the port open."""

    exit_code = 3


class ProtocolMismatch(RetropodError):
    """Pod and host use different protocol versions."""

    exit_code = 4


class DamagedData(RetropodError):
    """Stored or received data is damaged. The recoverable part was saved."""

    exit_code = 5
