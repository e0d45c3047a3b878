"""Finding pods: ask for Hello, never guess from a name."""

from typing import NamedTuple

from retropod import wire
from retropod.errors import NoPod, RetropodError
from retropod.pod import Pod, describe
from retropod.transport.ports import PortInfo, ports
from retropod.transport.serial import SerialTransport

ASLEEP = "one with native USB vanishes while it sleeps: shake it, or press its button"
_ATTEMPTS = 3  # a board that its port's opening resets is missed by one, and asked again by name


class Found(NamedTuple):
    """A port with what it said: Hello, or why there was none."""

    port: PortInfo
    hello: wire.Message | None
    error: RetropodError | None
    status: wire.Message | None = None


def ask(port: PortInfo) -> Found:
    """Open one port, greet, close."""
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
    """Ask the likely ports, or every one."""
    return [ask(port) for port in ports(everything)]


def connect(url: str, baud: int) -> Pod:
    """The pod at `url`; `auto`: the one pod that answers. Raises NoPod when there is none, or more than one."""
    return Pod(SerialTransport(_only() if url == "auto" else url, baud))


def _only() -> str:
    found = [one for one in search() if one.hello is not None]
    if len(found) == 1:
        return found[0].port.device
    if not found:
        raise NoPod(
            "no pod found",
            f"plug one in, name its port with --port, or try `retropod demo` without any; {ASLEEP}",
        )
    listed = ", ".join(f"{one.port.device} is {describe(one.hello)}" for one in found)
    raise NoPod(f"{len(found)} pods answer: {listed}", "name one with --port")
