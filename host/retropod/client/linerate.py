"""A faster serial line for a while: agreed with the pod, tried before it is used, given up by either end alone.

The pod changes its UART once its answer has left, and changes back by itself when nothing whole comes for 0.7 s after
that, after damage, or when the host is silent for 5 s. So whatever fails here, both ends meet at the line's own rate.
"""

import contextlib
import time
from collections.abc import Callable, Generator
from typing import Protocol, runtime_checkable

from retropod.client import wire
from retropod.client.pod import Pod
from retropod.client.refusals import PodRefused
from retropod.client.roundtrip import Patience
from retropod.errors import NoPod, ProtocolMismatch, RetropodError
from retropod.transport.serial import PortGone

RATES = (921_600, 460_800)
PAYS_BYTES = 1 << 17  # at the REPL's rate that takes eleven seconds; to agree on another takes a tenth of one
_SETTLES_S = 0.03  # the pod's answer leaves, its loop comes round, the USB bridge takes the new rate
# The pod goes back after 0.7 s without a whole frame at the new rate: a trial must fail before that.
_TRIALS, _TRIAL_S = 3, 0.6
_LEAVE = Patience(total_s=1.2)  # after damage the pod goes back without being told
_BACK_S = 3.0


@runtime_checkable
class RateTransport(Protocol):
    """A transport whose end of the line can be set to another rate than its own, which is `baud`."""

    baud: int

    def change_rate(self, baud: int) -> bool: ...


@contextlib.contextmanager
def faster(
    pod: Pod, rates: tuple[int, ...] = RATES, tell: Callable[[str], None] = lambda text: None
) -> Generator[int, None, None]:
    """Run the line at the first of `rates` that works; yields that, or 0 when it stays at its own. Back at the end."""
    next((rate for rate in rates if _try(pod, rate, tell)), 0)
    try:
        yield pod.fast
    finally:
        if pod.fast:
            with contextlib.suppress(RetropodError):
                leave(pod)


def leave(pod: Pod) -> None:
    """Back to the line's own rate, together if the pod still answers, each by itself otherwise."""
    transport = pod.connection.transport
    try:
        if isinstance(transport, RateTransport):
            pod.connection.ask("line_set", _LEAVE, rate=transport.baud)
    except PortGone:
        return
    except RetropodError:
        pass
    slow_down(pod)
    pod.await_hello(_BACK_S)


def slow_down(pod: Pod) -> None:
    """This end back to the line's own rate; the pod, which then hears rubbish, follows within a second."""
    pod.fast = 0
    transport = pod.connection.transport
    if isinstance(transport, RateTransport):
        transport.change_rate(transport.baud)


def _try(pod: Pod, rate: int, tell: Callable[[str], None]) -> bool:
    """Agree on a rate and prove it by an exchange. False, and the line as it was, when that fails."""
    transport = pod.connection.transport
    if not isinstance(transport, RateTransport) or not transport.change_rate(transport.baud):
        tell(f"{transport.url} has no rate that could be changed")
        return False
    try:
        pod.connection.ask("line_set", rate=rate)
        time.sleep(_SETTLES_S)
        if transport.change_rate(rate):
            for _ in range(_TRIALS):
                pod.connection.ask("hello_get", Patience(_TRIAL_S), **wire.greeting())
            pod.fast = rate
            tell(f"the line is at {rate:,} baud")
            return True
    except (PodRefused, ProtocolMismatch) as refused:
        tell(f"the line stays at {transport.baud:,} baud: {refused.message}")
        return False
    except PortGone:
        return False  # whoever uses the pod next is told
    except NoPod:
        pass
    tell(f"{rate:,} baud did not work on this line")
    slow_down(pod)
    with contextlib.suppress(NoPod):
        pod.await_hello(_BACK_S)
    return False
