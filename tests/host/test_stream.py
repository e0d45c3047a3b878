"""A stream whose pod is interrupted, refuses, restarts or goes away. The connection is a stand-in without waits."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from retropod.client import stream as module
from retropod.client.messages import DoneMessage, ErrorMessage, StreamMessage, StrideMessage, TimeMessage
from retropod.client.refusals import NoAnswer, PodRefused
from retropod.client.roundtrip import RoundTrip
from retropod.client.stream import Restarted, Stream
from retropod.errors import NoPod, RetropodError
from retropod.transport.serial import PortGone
from retrowire import schema


class Link:
    """Connection to a pod. `answer` returns the boot count, or raises the error of a renewal."""

    minor = schema.PROTOCOL_MINOR
    round_trip = RoundTrip()

    def __init__(self, answer: Callable[[int], int | None]) -> None:
        self._answer, self.renewals, self.seen = answer, 0, threading.Event()

    def listen(self, listener: Any) -> None:
        pass

    unlisten = listen

    def ask(self, request: Any, *_: Any) -> Any:
        if isinstance(request, StreamMessage):
            return DoneMessage()
        self.renewals += 1
        try:
            return TimeMessage(boot_count=self._answer(self.renewals), uptime_s=5, uptime_ms=0.0)
        finally:
            if self.renewals >= 8:
                self.seen.set()


@pytest.fixture
def streamed() -> Iterator[Callable[[Callable[[int], int | None]], tuple[Stream, Link]]]:
    """Start a stream of boot 1 that renews every millisecond."""
    running: list[Stream] = []

    def start(answer: Callable[[int], int | None]) -> tuple[Stream, Link]:
        link: Any = Link(answer)
        stream = Stream(link, ("strides",), renew_s=0.001, boot=1)
        running.append(stream.__enter__())
        return stream, link

    yield start
    for stream in running:
        stream.__exit__(None, None, None)


def raises(error: RetropodError | OSError) -> Callable[[int], int | None]:
    def answer(renewal: int) -> int | None:
        raise error

    return answer


def refusal() -> PodRefused:
    return PodRefused("stream", ErrorMessage(code="busy"))


@pytest.mark.parametrize("error", [NoAnswer("no answer"), refusal()], ids=["silence", "refusal"])
def test_an_interruption_ends_nothing(streamed, error):
    """Renewals 2 to 6 fail: far less than 18 s."""

    def answer(renewal: int) -> int:
        if 2 <= renewal <= 6:
            raise error
        return 1

    stream, link = streamed(answer)
    assert link.seen.wait(10.0)
    stream.message(StrideMessage(number=4))
    assert stream.next(1.0) == StrideMessage(number=4)
    assert stream.next(0.0) is None


@pytest.mark.parametrize("error", [NoAnswer("no answer"), refusal()], ids=["silence", "refusal"])
def test_a_pod_that_stays_away_ends_the_stream_with_its_error(streamed, monkeypatch, error):
    monkeypatch.setattr(module, "_SILENT_S", 0.0)
    stream, _ = streamed(raises(error))
    with pytest.raises(type(error)):
        for _ in range(100):
            stream.next(0.1)


def test_an_unknown_boot_count_is_no_restart(streamed):
    stream, link = streamed(lambda renewal: None if renewal % 2 else 1)
    assert link.seen.wait(10.0)
    assert stream.next(0.0) is None


def test_a_boot_count_that_changed_is_one_restart(streamed):
    stream, link = streamed(lambda renewal: 1 if renewal < 3 else 2)
    assert link.seen.wait(10.0)
    assert stream.next(1.0) == Restarted(5.0)
    assert stream.next(0.0) is None


@pytest.mark.parametrize("error", [PortGone("/dev/pod"), OSError(5, "Input/output error")], ids=["gone", "os"])
def test_a_lost_port_ends_the_stream_at_once(streamed, error):
    stream, _ = streamed(raises(error))
    with pytest.raises(type(error)):
        for _ in range(100):
            stream.next(0.1)


def test_the_error_of_a_port_comes_after_the_items_and_also_from_a_full_queue(streamed, monkeypatch):
    monkeypatch.setattr(module, "_QUEUE", 3)
    stream, _ = streamed(lambda renewal: 1)
    for number in range(5):
        stream.message(StrideMessage(number=number))
    stream.lost(NoPod("unplugged"))
    seen: list[Any] = []
    with pytest.raises(NoPod, match="unplugged"):
        seen.extend(stream.next(0.01) for _ in range(20))
    assert [item.number for item in seen if isinstance(item, StrideMessage)] == [0, 1, 2]
    with pytest.raises(NoPod, match="unplugged"):  # again, for a caller that goes on
        stream.next(0.0)
