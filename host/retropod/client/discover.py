"""Finding pods: ask for Hello, never guess from a name."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from retropod.client import wire
from retropod.client.pod import Pod, describe
from retropod.errors import NoPod, RetropodError
from retropod.transport.ports import PortInfo, ports
from retropod.transport.serial import SerialTransport

ASLEEP = "one with native USB vanishes while it sleeps: shake it, or press its button"
_ATTEMPTS = 3  # 2.5 s: a board that resets when its port is opened takes longer, and is asked by name
_Result = TypeVar("_Result")


class Found(NamedTuple):
    """A port with what it said: Hello, or why there was none."""

    port: PortInfo
    hello: wire.Message | None
    error: RetropodError | None
    status: wire.Message | None = None


def ask(port: PortInfo) -> Found:
    """Open one port, greet, request the status, close."""
    try:
        with Pod(SerialTransport(port.device), hello_attempts=_ATTEMPTS) as pod:
            return Found(port, pod.greeting, None, _status(pod))
    except RetropodError as error:
        return Found(port, None, error)


def _status(pod: Pod) -> wire.Message | None:
    try:
        return pod.status()
    except RetropodError:
        return None  # it has greeted: that is what was asked for


def search(everything: bool = False) -> list[Found]:
    """Ask the likely ports, or every one, all at the same time."""
    return _at_once(ask, ports(everything))


def _at_once(do: Callable[[PortInfo], _Result], found: list[PortInfo]) -> list[_Result]:
    """Return the results of `do` for each port, in their order. A silent port takes seconds: the others do not wait."""
    with ThreadPoolExecutor(max(len(found), 1)) as threads:
        return list(threads.map(do, found))


def connect(url: str, baud: int) -> Pod:
    """Return the pod at `url`; `auto`: the one pod that answers. Raises NoPod for none, or more than one."""
    return _only(baud) if url == "auto" else Pod(SerialTransport(url, baud))


def _only(baud: int) -> Pod:
    """Greet every likely port and keep the pod that answers open: opening its port again could reset its board again.

    A single port may be one whose opening has just reset the board: it is greeted for as long as a named one.
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
            f"plug one in, name its port with --port, or try `retropod demo` without any; {ASLEEP}",
        )
    listed = ", ".join(f"{port.device} is {describe(pod.greeting)}" for port, pod in pods)
    raise NoPod(f"{len(pods)} pods answer: {listed}", "name one with --port")
