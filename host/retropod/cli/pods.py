"""Several pods of one command (`--pods`): connection, lines with the pod, and failures that do not end the others."""

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from retropod.cli import output
from retropod.cli.options import options
from retropod.cli.tally import SomeFailed
from retropod.client.pod import Pod
from retropod.client.several import SelectedPod, select
from retropod.errors import RetropodError
from retropod.wording import count

_WITH_PODS = re.compile(r"(\x60retropod (?:live|record|download|mount)\b[^`]*)`")
_WITH_PORT = re.compile(r"(\x60retropod (?:erase|config|update|doctor)\b[^`]*)`")


class PodFailures:
    """Failures by pod. One failure does not end the work on the other pods."""

    def __init__(self, kind: dict[str, str] | None = None) -> None:
        """`kind`: first keys of the JSON line of a failure."""
        self._kind = kind or {}
        self._failed: list[tuple[str, RetropodError]] = []
        self.pods = 0

    def add(self, label: str, error: RetropodError, pod_id: str | None = None, url: str = "") -> None:
        """Add the failure of a pod and report it. `label`: its name or port. `pod_id`: None for a port.

        The commands of its hint name the pod, or with `url` its port: they would find several pods.
        """
        error.hint = _of_one(error.hint, pod_id or label, url)
        self._failed.append((label, error))
        if self.pods == 1:
            return  # It is the error of the command.
        if options().json:
            output.print_json({**self._kind, "pod": pod_id, "port": None if pod_id else label, "error": error.message,
                               "hint": error.hint or None, "exit_code": error.exit_code})  # fmt: skip
        else:
            output.print_note(f"{label}: {error.message}" + (f"; {error.hint}" if error.hint else ""))

    @contextmanager
    def caught(self, one: SelectedPod) -> Generator[None]:
        """Add an error of the block as the failure of a pod."""
        try:
            yield
        except RetropodError as error:
            self.add(one.label, error, one.connected.pod_id, one.url)

    def finish(self) -> None:
        """Raise an error with the highest exit code if a pod failed."""
        if not self._failed:
            return
        if self.pods == 1:
            raise self._failed[0][1]
        labels = ", ".join(label for label, _ in self._failed)
        raise SomeFailed(
            f"{len(self._failed)} of {count(self.pods, 'pod')} failed: {labels}",
            self._failed[0][1].hint if len(self._failed) == 1 else "",
            max(error.exit_code for _, error in self._failed),
        )


def _of_one(hint: str, pod: str, url: str) -> str:
    hint = _WITH_PODS.sub(rf"\1 --pods {pod}`", hint)
    return _WITH_PORT.sub(rf"\1 --port {url}`", hint) if url else hint


@contextmanager
def several(failures: PodFailures) -> Generator[list[SelectedPod]]:
    """Connect to the pods of --pods and close them at the end. Report the ports that failed. Raises as `select`."""
    chosen = select(options().pods, options().baud)
    failures.pods = len(chosen)
    try:
        for one in chosen:
            if one.error is not None:
                failures.add(one.url, one.error)
        yield [one for one in chosen if one.pod is not None]
    finally:
        for one in chosen:
            if one.pod is not None:
                one.pod.close()


def on_each(do: Callable[[SelectedPod], None]) -> None:
    """Execute `do` on each pod of --pods, one after the other. Raises an error at the end if it failed on one."""
    failures = PodFailures()
    with several(failures) as pods:
        for one in pods:
            with failures.caught(one):
                do(one)
    failures.finish()


def identity(pod: Pod) -> dict[str, Any]:
    """Return the keys of a JSON line of --pods that name a pod: its device id, and its foot or null.

    Without --pods return no keys.
    """
    if not options().pods:
        return {}
    side = pod.greeting.side
    return {"pod": pod.pod_id, "foot": None if side == "unknown" else side}
