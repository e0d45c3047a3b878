"""Search for pods: request Hello on each port, never guess from a name."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from retropod.client.messages import HelloMessage, StatusMessage
from retropod.client.pod import Pod, describe
from retropod.errors import NoPod, RetropodError
from retropod.transport.ports import PortInfo, ports
from retropod.transport.serial import SerialTransport

ASLEEP = "a pod with native USB has no port while it sleeps: shake it, or press its button"
_ATTEMPTS = 3  # 2.5 s; a board that resets when its port is opened takes longer: use --port for it
_Result = TypeVar("_Result")


class Found(NamedTuple):
    """A port with the Hello of its pod, or the error that prevented it."""

    port: PortInfo
    hello: HelloMessage | None
    error: RetropodError | None
    status: StatusMessage | None = None


def ask(port: PortInfo) -> Found:
    """Open one port, greet, request the status, close it."""
    try:
        with Pod(SerialTransport(port.device), hello_attempts=_ATTEMPTS) as pod:
            return Found(port, pod.greeting, None, _status(pod))
    except RetropodError as error:
        return Found(port, None, error)


def _status(pod: Pod) -> StatusMessage | None:
    try:
        return pod.status()
    except RetropodError:
        return None  # the Hello alone identifies the pod


def search(everything: bool = False) -> list[Found]:
    """Ask the likely ports, or all ports, at the same time."""
    return _at_once(ask, ports(everything))


def _at_once(do: Callable[[PortInfo], _Result], found: list[PortInfo]) -> list[_Result]:
    """Return the results of `do` in the order of the ports. The calls run in parallel: a silent port takes seconds."""
    with ThreadPoolExecutor(max(len(found), 1)) as threads:
        return list(threads.map(do, found))


def connect(url: str, baud: int) -> Pod:
    """Return the pod at `url`, or the only pod that answers for `auto`. Raises NoPod if none or several answer."""
    return _only(baud) if url == "auto" else Pod(SerialTransport(url, baud))


def _only(baud: int) -> Pod:
    """Greet every likely port and leave the port of the pod open: opening it again could reset its board.

    Opening a single port may have reset its board, so it is greeted as long as a named one.
    """
    found = ports(everything=False)
    attempts = None if len(found) == 1 else _ATTEMPTS

    def greet(port: PortInfo) -> Pod | None:
        try:
            return Pod(SerialTransport(port.device, baud), attempts)
        except RetropodError:
            return None

    pods = [(port, pod) for port, pod in zip(found, _at_once(greet, found), strict=True) if pod is not None]
    if len(pods) == 1:
        return pods[0][1]
    for _, pod in pods:
        pod.close()
    if not pods:
        raise NoPod(
            "no pod found",
            f"plug in a pod, name its port with --port, or try `retropod demo`; {ASLEEP}",
        )
    listed = ", ".join(f"{port.device} is {describe(pod.greeting)}" for port, pod in pods)
    raise NoPod(f"{len(pods)} pods answer: {listed}", "name one with --port")
