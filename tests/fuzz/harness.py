"""Run one action on hostile input in a process of its own, and judge its end."""

import json
import os
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

LIMIT_S = 20.0  # of one command on one file
LIMIT_MB = 700  # of memory, with Python, numpy and all modules
_ADDRESSES = 4 << 30  # bytes of address space: a larger allocation fails at once
_POLL_S = 0.002
_ESCAPED = 99  # exit code after an exception that the action let through
_CODES = range(6)  # exit codes that DESIGN names, without 130
_BAD_CONSTANT = "NaN or Infinity in JSON"

Action = Callable[[], int]  # returns an exit code; runs in a forked process


class Verdict(NamedTuple):
    """End of one action. `kind`: ok, refused, unexpected, hang or memory."""

    kind: str
    seconds: float
    megabytes: float
    detail: str = ""


class Step(NamedTuple):
    """One action. `json_lines`: each line of stdout must be JSON without NaN. `must_pass`: the input is good enough.

    `diagnoses`: the output of the action itself names the failures, so that it may end with exit code 1 alone.
    """

    action: Action
    json_lines: bool = False
    must_pass: bool = False
    diagnoses: bool = False


def judge(step: Step, folder: Path, limit_s: float = LIMIT_S) -> Verdict:
    """Run a step in a forked process with limits."""
    out, err = folder / "stdout", folder / "stderr"
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        os._exit(_run(step.action, out, err))
    status, usage = _wait(child, begun + limit_s)
    seconds, megabytes = time.monotonic() - begun, usage.ru_maxrss / 1024
    text = err.read_text("utf-8", "replace") if err.exists() else ""
    if status is None:
        return Verdict("hang", seconds, megabytes, text[-300:])
    fault = _fault(status, text, step.diagnoses) or (_fault_of_json(out) if step.json_lines else "")
    if status and step.must_pass:
        fault = fault or f"refused: {text}"
    if fault:
        return Verdict("unexpected", seconds, megabytes, fault)
    if megabytes > LIMIT_MB:
        return Verdict("memory", seconds, megabytes, f"{megabytes:.0f} MB")
    return Verdict("refused" if os.waitstatus_to_exitcode(status) else "ok", seconds, megabytes, text.split("\n")[0])


def _run(action: Action, out: Path, err: Path) -> int:
    """Run the action in the forked process."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code = _ESCAPED
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    with traceback_on_stderr():
        code = action()
    sys.stdout.flush()
    return code


@contextmanager
def traceback_on_stderr() -> Iterator[None]:
    """Report an exception that the action let through, which is always a fault."""
    try:
        yield
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
            os._exit(_ESCAPED)


def _wait(child: int, end: float) -> tuple[int | None, resource.struct_rusage]:
    """Wait for the process. Kill it at `end`; its status is then None."""
    while True:
        done, status, usage = os.wait4(child, os.WNOHANG)
        if done:
            return status, usage
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            return None, os.wait4(child, 0)[2]
        time.sleep(_POLL_S)


def _fault(status: int, err: str, diagnoses: bool) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code not in _CODES:
        return f"exit code {code}: {err[-300:]}"
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    if "Traceback" in err or any(line.startswith("error: unexpected") for line in errors):
        return err[-300:]
    if code and len(errors) != 1 and not (diagnoses and code == 1):
        return f"exit code {code} with {len(errors)} errors: {err[-300:]}"
    return ""


def _fault_of_json(out: Path) -> str:
    def refuse(constant: str) -> None:
        raise ValueError(_BAD_CONSTANT)

    try:
        for line in out.read_text("utf-8").splitlines():
            json.loads(line, parse_constant=refuse)
    except ValueError as error:
        return f"stdout is not JSON: {error}"
    return ""


@dataclass
class Tally:
    """Counts of the verdicts of one target, and its worst cases."""

    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    megabytes: float = 0.0
    faults: list[str] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)

    def add(self, seed: int, verdicts: Iterable[Verdict]) -> None:
        """Add the verdicts of one case."""
        for verdict in verdicts:
            self.counts[verdict.kind] += 1
            self.seconds, self.megabytes = max(self.seconds, verdict.seconds), max(self.megabytes, verdict.megabytes)
            if verdict.kind not in ("ok", "refused"):
                self.faults.append(f"seed {seed}: {verdict.kind} after {verdict.seconds:.1f} s: {verdict.detail}")

    def merge(self, other: "Tally") -> None:
        """Add the counts of another process."""
        self.counts += other.counts
        self.seconds, self.megabytes = max(self.seconds, other.seconds), max(self.megabytes, other.megabytes)
        self.faults += other.faults
