"""Search for pods: request Hello on each port, never guess from a name."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple, TypeVar

from retropod.client.messages import HelloMessage, StatusMessage
from retropod.client.pod import Pod, describe
from retropod.client.refusals import AtPrompt
from retropod.errors import NoPod, PortBusy, RetropodError
from retropod.transport.ports import PortInfo, ports
from retropod.transport.registry import registered
from retropod.transport.serial import BAUD, SerialTransport
from retropod.wording import count

ASLEEP = "a pod with native USB has no port while it sleeps: shake it, or press its button"
_SEVERAL = "`live`, `record`, `download` and `mount` work on all of them with --pods all"
_ATTEMPTS = 3  # 2.5 s; a board that resets when its port is opened takes longer: use --port for it
_NAMED = 3  # other ports that the error names
_Result = TypeVar("_Result")


class Found(NamedTuple):
    """A port with the Hello of its pod, or the error that prevented it."""

    port: PortInfo
    hello: HelloMessage | None
    error: RetropodError | None
    status: StatusMessage | None = None


def candidates(everything: bool = False) -> list[PortInfo]:
    """Return the virtual pods that run now, and the likely serial ports or all of them (`everything`)."""
    virtual = [PortInfo(url, "", "virtual pod", virtual=True) for url in registered()]
    taken = {port.device for port in virtual}
    return [*virtual, *(port for port in ports(everything) if port.device not in taken)]


def is_virtual(url: str) -> bool:
    """Return whether a virtual pod of this computer has the port."""
    return url in registered()


def search(everything: bool = False, url: str = "auto", baud: int = BAUD) -> list[Found]:
    """Ask the port `url`; for `auto` the candidates; with `everything` all ports and `url`. The calls run in parallel.

    The only port is greeted as long as a named one: its opening may have reset the board.
    """
    asked = candidates(everything) if everything or url == "auto" else []
    if url != "auto" and url not in {port.device for port in asked}:
        asked.append(next((port for port in candidates(everything=True) if port.device == url), PortInfo(url, "", "")))
    attempts = None if len(asked) == 1 else _ATTEMPTS
    return _at_once(partial(_ask, baud=baud, attempts=attempts), asked)


def _ask(port: PortInfo, baud: int, attempts: int | None) -> Found:
    """Open one port, greet, request the status, close it."""
    try:
        with Pod(SerialTransport(port.device, baud), attempts) as pod:
            return Found(port, pod.greeting, None, _status(pod))
    except RetropodError as error:
        return Found(port, None, error)


def _status(pod: Pod) -> StatusMessage | None:
    try:
        return pod.status()
    except RetropodError:
        return None  # the Hello alone identifies the pod


def _at_once(do: Callable[[PortInfo], _Result], found: list[PortInfo]) -> list[_Result]:
    """Return the results of `do` in the order of the ports. The calls run in parallel: a silent port takes seconds."""
    with ThreadPoolExecutor(max(len(found), 1)) as threads:
        return list(threads.map(do, found))


def opened(asked: list[PortInfo], baud: int) -> list[Pod | RetropodError]:
    """Greet at all ports in parallel. Return the connected pods, and the errors of the other ports."""
    attempts = None if len(asked) == 1 else _ATTEMPTS

    def greet(port: PortInfo) -> Pod | RetropodError:
        try:
            return Pod(SerialTransport(port.device, baud), attempts)
        except RetropodError as error:
            return error

    return _at_once(greet, asked)


def connect(url: str, baud: int) -> Pod:
    """Return the pod at `url`, or the only pod that answers for `auto`. Raises NoPod if none or several answer."""
    return _only(baud) if url == "auto" else Pod(SerialTransport(url, baud))


def _only(baud: int) -> Pod:
    """Greet every candidate and leave the port of the pod open: opening it again could reset its board.

    Opening a single port may have reset its board, so it is greeted as long as a named one.
    """
    found = candidates()
    answers = opened(found, baud)
    pods = [(port, pod) for port, pod in zip(found, answers, strict=True) if isinstance(pod, Pod)]
    if len(pods) == 1:
        return pods[0][1]
    for _, pod in pods:
        pod.close()
    if not pods:
        raise no_pod([one for one in answers if isinstance(one, RetropodError)])
    listed = ", ".join(f"{port.device}{' (virtual)' * port.virtual} is {describe(pod.greeting)}" for port, pod in pods)
    raise NoPod(f"{len(pods)} pods answer: {listed}", f"name one with --port; {_SEVERAL}")


def no_pod(errors: list[RetropodError], everything: bool = False) -> RetropodError:
    """Return the error for a search without a pod. `errors`: of the asked ports.

    A port that another program uses, or a board whose app is stopped, is reported itself. Otherwise the error names the
    ports that were not asked.
    """
    for error in errors:
        if isinstance(error, PortBusy | AtPrompt):
            return error
    others = [] if everything else [port for port in ports(everything=True) if not port.bridge]
    cause = f"no pod found ({count(len(errors), 'port')} queried)"
    if others and not errors:
        cause += f"; ports with another USB chip or none: {listing(others)}"
    more = "run `retropod list --all` to query every port, or name one with --port; " if others else ""
    return NoPod(cause, f"{more}plug in a pod, or try `retropod demo` or `retropod sim` without a pod; {ASLEEP}")


def listing(found: list[PortInfo]) -> str:
    """Return the names of the first ports, and the number of the others."""
    named = ", ".join(port.device for port in found[:_NAMED])
    return named + (f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")
