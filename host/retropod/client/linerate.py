"""Temporary faster line rate: agreed with the pod, tested before use, ended by either side alone.

The pod changes its UART after its answer has left. It changes back in three cases: no whole frame for 0.7 s after the
change, a damaged frame, or 5 s without a frame. So after any failure both ends use the line's original rate again.
"""

import contextlib
import time
from collections.abc import Callable, Generator
from typing import Protocol, runtime_checkable

from retropod.client import wire
from retropod.client.messages import DoneMessage, HelloMessage, LineSetMessage
from retropod.client.pod import Pod
from retropod.client.refusals import PodRefused
from retropod.client.roundtrip import Patience
from retropod.errors import NoPod, ProtocolMismatch, RetropodError
from retropod.transport.serial import PortGone

RATES = (921_600, 460_800)
PAYS_BYTES = 1 << 17  # transfer size from which a change pays: 11 s at the REPL's rate; a change takes 0.1 s
_SETTLES_S = 0.03  # until the pod's answer has left, its loop has run, and the USB bridge uses the new rate
# The pod returns to the old rate after 0.7 s without a whole frame: a trial must fail before that.
_TRIALS, _TRIAL_S = 3, 0.6
_LEAVE = Patience(total_s=1.2)  # after damage the pod changes back without a request
_BACK_S = 3.0


@runtime_checkable
class RateTransport(Protocol):
    """A transport that can change the rate of its end of the line. `baud` is its original rate."""

    baud: int

    def change_rate(self, baud: int) -> bool: ...


@contextlib.contextmanager
def faster(
    pod: Pod, rates: tuple[int, ...] = RATES, tell: Callable[[str], None] = lambda text: None
) -> Generator[int, None, None]:
    """Run the line at the first of `rates` that works. Yield that rate, or 0 if none works. Change back at the end."""
    next((rate for rate in rates if _try(pod, rate, tell)), 0)
    try:
        yield pod.fast
    finally:
        if pod.fast:
            with contextlib.suppress(RetropodError):
                leave(pod)


def leave(pod: Pod) -> None:
    """Return to the original rate: by agreement if the pod answers, otherwise each end alone."""
    transport = pod.connection.transport
    try:
        if isinstance(transport, RateTransport):
            pod.connection.ask(LineSetMessage(rate=transport.baud), DoneMessage, _LEAVE)
    except PortGone:
        return
    except RetropodError:
        pass
    slow_down(pod)
    pod.await_hello(_BACK_S)


def slow_down(pod: Pod) -> None:
    """Return this end to the original rate. The pod then receives damaged frames and follows within 1 s."""
    pod.fast = 0
    transport = pod.connection.transport
    if isinstance(transport, RateTransport):
        transport.change_rate(transport.baud)


def _try(pod: Pod, rate: int, tell: Callable[[str], None]) -> bool:
    """Agree on a rate and test it by an exchange. Restore the line and return False if that fails."""
    transport = pod.connection.transport
    if not isinstance(transport, RateTransport) or not transport.change_rate(transport.baud):
        tell(f"{transport.url} has a fixed rate")
        return False
    if _is_slow(pod):  # the pod would return to the old rate before a trial ends
        tell(f"{transport.url} answers too slowly for a change of its rate")
        return False
    try:
        pod.connection.ask(LineSetMessage(rate=rate), DoneMessage)
        time.sleep(_SETTLES_S)
        if transport.change_rate(rate):
            for _ in range(_TRIALS):
                pod.connection.ask(wire.greeting(), HelloMessage, Patience(_TRIAL_S))
            pod.fast = rate
            tell(f"the line is at {rate:,} baud")
            return True
    except (PodRefused, ProtocolMismatch) as refused:
        tell(f"the line stays at {transport.baud:,} baud: {refused.message}")
        return False
    except PortGone:
        return False  # the next user of the pod gets the error
    except NoPod:
        pass
    tell(f"{rate:,} baud did not work on this line")
    slow_down(pod)
    with contextlib.suppress(NoPod):
        pod.await_hello(_BACK_S)
    return False


def _is_slow(pod: Pod) -> bool:
    """Return whether the round trip takes half a trial or more. Measure again before that: a start delays answers."""
    trip = pod.connection.round_trip
    if trip.shortest_s > _TRIAL_S / 2:
        with contextlib.suppress(NoPod):
            pod.hello()
    return trip.shortest_s > _TRIAL_S / 2
