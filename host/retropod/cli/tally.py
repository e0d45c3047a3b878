"""Failures of a command that works on many runs or files: one failure does not end the others."""

from typing import Any

from retropod.cli import output
from retropod.cli.options import options
from retropod.client.pod import Pod
from retropod.errors import NoPod, OperationFailed, PortBusy, RetropodError
from retropod.wording import count

_HELLOS, _HELLO_S = 2, 2.0


class RunFailed(OperationFailed):
    """A failure with one remedy for any number of runs: the command `remedy` with their numbers."""

    remedy = ""

    def __init__(self, message: str, run: int) -> None:
        super().__init__(message, f"run `{self.remedy} {run}`")


class SomeFailed(RetropodError):
    """Several runs failed. The exit code is the highest of theirs."""

    def __init__(self, message: str, hint: str, exit_code: int) -> None:
        super().__init__(message, hint)
        self.exit_code = exit_code


class Tally:
    """The failures of a command, by run or file. `verb` is the command, in the past. `noun`: `run` or `file`."""

    def __init__(self, verb: str, noun: str = "run") -> None:
        self.done = 0
        self._verb = verb
        self._noun = noun
        self._failed: dict[int | str, RetropodError] = {}

    def add(self, run: int | str, error: RetropodError) -> None:
        """Add the failure of a run or file."""
        self._failed[run] = error

    def check(self, pod: Pod, run: int, error: RetropodError, last: bool = False) -> None:
        """Add the failure of a run. Raise it if no other run can succeed: it is the `last`, or the pod went away."""
        self.add(run, error)
        gone = isinstance(error, NoPod | PortBusy) and not _answers(pod)
        if gone or last:
            self._print()
            output.print_note(f"{count(self.done, 'run')} {self._verb} before this failure")
            raise error

    def finish(self) -> None:
        """Print the failures. Raises the only one, or an error with the highest exit code."""
        if not self._failed:
            return
        errors = list(self._failed.values())
        self._print()
        if len(errors) == 1:
            raise errors[0]
        raise SomeFailed(
            f"{len(errors)} of {len(errors) + self.done} {self._noun}s failed: {', '.join(map(str, self._failed))}",
            self._hint(errors),
            max(error.exit_code for error in errors),
        )

    def _hint(self, errors: list[RetropodError]) -> str:
        """Return the remedy that all failures share, otherwise an empty text: each line has its own."""
        remedies = {error.remedy if isinstance(error, RunFailed) else "" for error in errors}
        if remedies != {""} and len(remedies) == 1:
            return f"run `{remedies.pop()} {' '.join(map(str, self._failed))}`"
        hints = {error.hint for error in errors}
        return hints.pop() if len(hints) == 1 else ""

    def _print(self) -> None:
        """Print one line for each failure. A single one is the error of the command, and only appears with --json."""
        for run, error in self._failed.items():
            if options().json:
                output.print_json(failure_json(self._noun, run, error))
            elif len(self._failed) > 1:
                output.print_note(f"{self._noun} {run}: {error.message}" + (f"; {error.hint}" if error.hint else ""))


def failure_json(noun: str, run: int | str, error: RetropodError) -> dict[str, Any]:
    """Return the object of a failed run or file for `--json`."""
    return {noun: run, "error": error.message, "hint": error.hint or None, "exit_code": error.exit_code}


def _answers(pod: Pod) -> bool:
    try:
        pod.hello(_HELLOS, _HELLO_S)
    except RetropodError:
        return False
    return True
