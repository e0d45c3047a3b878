"""The one tree of errors. The command line turns each into `error:` + `hint:` and its exit code."""


class RetropodError(Exception):
    """Base of every error that the library raises on purpose.

    `message` is the cause in one line, `hint` what a person can do about it (may be empty), `exit_code` what a command
    ends with.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class OperationFailed(RetropodError):
    """The pod or this machine could not do what was asked."""


class UsageError(RetropodError):
    """What was asked makes no sense as it stands."""

    exit_code = 2


class NoPod(RetropodError):
    """No pod answered, or several did and none was named."""

    exit_code = 3


class PortBusy(RetropodError):
    """Another program holds the port."""

    exit_code = 3


class ProtocolMismatch(RetropodError):
    """Pod and host speak different protocol versions."""

    exit_code = 4


class DamagedData(RetropodError):
    """Stored or received data is damaged; what could be saved was saved."""

    exit_code = 5
