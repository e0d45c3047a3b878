"""Time-outs that adapt to the link: no needless repeat, late answers count, total times are bounded."""

import itertools
import threading
import time

import pytest

from host.tinypod import TinyPod
from retropod.client.linerate import faster
from retropod.client.messages import RunEntryMessage, RunListMessage
from retropod.client.pod import Pod, _reading
from retropod.client.refusals import NoAnswer
from retropod.client.roundtrip import FIRST_S, LEAST_S, MOST_S, TOTAL_S, Patience, RoundTrip
from retropod.errors import OperationFailed, UsageError
from retropod.runs.download import download
from retropod.runs.store import Store
from retrowire import schema

RUN = bytes(range(256)) * 100


def count(fake, message):
    return sum(asked == message for asked, _ in fake.asked)


def test_waits_double_up_to_the_limits():
    waits = list(Patience().waits(0.4))
    assert waits[:4] == [0.4, 0.8, 1.6, 3.2]
    assert sum(waits) == pytest.approx(TOTAL_S)
    assert max(Patience(total_s=60.0).waits(1.0)) == MOST_S
    assert list(Patience(attempts=2).waits(1.0)) == [1.0, 2.0]
    assert list(Patience(first_s=0.5, most_s=1.0, total_s=3.0).waits(9.0)) == [0.5, 1.0, 1.0, 0.5]
    assert next(Patience(work_s=2.0).waits(0.4)) == 2.4


@pytest.mark.parametrize("trips_s", [[0.06] * 50, [0.06, 0.06, 0.25, 0.06, 0.07] * 10, [0.25] + [0.06] * 50])
def test_a_pod_that_answers_in_60_ms_and_at_worst_in_250_is_never_asked_twice(trips_s):
    trip = RoundTrip()
    assert trip.wait_s == FIRST_S
    for took_s in trips_s:
        assert took_s < trip.wait_s
        trip.answered(trip.wait_s, took_s)
    assert trip.wait_s >= LEAST_S


def test_a_link_with_a_long_round_trip_is_waited_for_longer():
    trip = RoundTrip()
    for _ in range(20):
        trip.answered(trip.wait_s, 1.2)
    assert 1.2 < trip.wait_s < 2.0


def test_an_answer_after_a_repeat_measures_nothing_and_keeps_the_longer_wait():
    """It may belong to the first attempt or to the second (Karn)."""
    trip = RoundTrip()
    trip.answered(1.0, 0.06)
    trip.answered(1.6, None)
    assert trip.wait_s == 1.6
    trip.answered(1.6, 0.06)
    assert trip.wait_s == LEAST_S


def test_on_a_slow_link_requests_are_repeated_until_its_round_trip_is_known_and_not_after():
    fake = TinyPod()
    fake.latency_s = 1.2
    with Pod(fake) as pod:
        for _ in range(4):
            pod.status()
        before = count(fake, schema.STATUS_GET)
        pod.status()
    assert before <= 5
    assert count(fake, schema.STATUS_GET) == before + 1


def test_an_answer_to_the_first_attempt_counts_after_the_second_was_sent():
    fake = TinyPod()
    with Pod(fake) as pod:
        pod.status()
        fake.latency_s = 0.7
        pod.status()
    assert count(fake, schema.STATUS_GET) <= 1 + 2


def test_a_list_whose_entries_pause_is_not_begun_again():
    """200 runs on a slow pod: an entry at a time, some after a flash write."""
    fake = TinyPod()

    def slowly(request):
        for number in range(1, 6):
            fake.latency_s += 0.6
            fake.send(schema.RUN_ENTRY, request=request, run=number)
        fake.latency_s += 0.1
        fake.send(schema.DONE, request=request, value=5)

    seen = set()
    fake._list = lambda request: None if request in seen else (seen.add(request), slowly(request))
    with Pod(fake) as pod:
        pod.connection.round_trip.answered(1.0, 0.01)
        entries = pod.connection.ask_list(RunListMessage(), RunEntryMessage)
    assert [entry.run for entry in entries] == [1, 2, 3, 4, 5]
    assert len(seen) == 1, "repeats carry the same number"


def test_a_pod_that_falls_silent_within_a_list_ends_it_in_bounded_time():
    fake = TinyPod()
    fake._list = lambda request: fake.send(schema.RUN_ENTRY, request=request, run=1)
    with Pod(fake) as pod:
        fake.mangle = lambda index, frame: frame if index < 2 else None
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            pod.connection.ask_list(RunListMessage(), RunEntryMessage, Patience(total_s=1.0))
    assert time.monotonic() - began < 60.0


def test_a_list_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr("retropod.client.connection._LIST_S", 0.05)
    fake = TinyPod()
    fake._list = lambda request: [fake.send(schema.RUN_ENTRY, request=request, run=1) for _ in range(10_000)][:0]
    with Pod(fake) as pod, pytest.raises(OperationFailed, match="does not end"):
        pod.runs()


def test_a_board_that_starts_is_greeted_patiently_and_not_flooded():
    fake = TinyPod()
    fake.silent = True
    began = time.monotonic()

    def up(data):
        fake.silent = time.monotonic() - began < 5.0
        take(data)

    take, fake.write = fake.write, up
    with Pod(fake):
        pass
    assert count(fake, schema.HELLO_GET) <= 8


def test_data_that_comes_after_its_request_was_given_up_is_stored(tmp_path):
    """A link that stalls: the answer to one request arrives after the next was sent."""
    fake = TinyPod(RUN)
    fake.latency_s = 1.0
    with Pod(fake) as pod:
        done = download(pod, Store(tmp_path), 1)
    assert done.path.read_bytes() == RUN
    assert done.wire_bytes < 3 * len(RUN)


def test_two_hosts_do_not_begin_with_the_same_number():
    firsts = set()
    for _ in range(12):
        fake = TinyPod()
        with Pod(fake):
            firsts.add(fake.asked[0][1][0])
    assert len(firsts) > 6


def test_a_reading_of_many_requests_holds_few_numbers_and_no_bytes_in_flight():
    fake = TinyPod(RUN)
    fake._read = lambda *values: None
    with Pod(fake) as pod, pod.connection.reading(1) as reading:
        for offset in itertools.repeat(0, 40):
            assert list(reading.pieces(offset, 10, 0.001)) == []
        assert len(pod.connection._waiting) <= 8
    assert len(pod.connection._waiting) <= 8 and pod.connection.window._free == 192


def test_self_tests_whose_request_or_end_is_lost_do_not_wait_for_their_longest_pause():
    """The pod may send nothing for 15 s while it waits to lie still. A lost frame is noticed long before that."""
    fake = TinyPod()
    ended = set()

    def tests(request):
        if request not in ended:
            ended.add(request)
            fake.send(schema.CHECK, request=request, item=1, text=b"bus")
        fake.send(schema.DONE, request=request, value=1)

    def losing(data):
        lost.append(data)
        if len(lost) > 1:
            take(data)

    fake._done, lost = tests, []
    with Pod(fake) as pod:
        take, fake.write = fake.write, losing
        fake.mangle = lambda index, frame: None if index == 2 else frame  # the first `done`
        began = time.monotonic()
        assert [answer.text for answer, _ in pod.checks()] == ["bus"]
    assert time.monotonic() - began < 15.0 and len(lost) == 3


@pytest.mark.parametrize("minor", [schema.PROTOCOL_MINOR, 1])
def test_a_check_has_the_reason_that_precedes_it(minor):
    fake = TinyPod(minor=minor)

    def tests(request):
        for item, reason in ((1, 0), (2, 5), (3, 0), (4, 200)):
            if reason:
                fake.send(schema.CHECK_REASON, request=request, item=item, reason=reason)
            fake.send(schema.CHECK, request=request, item=item, text=b"sensor")
        fake.send(schema.DONE, request=request, value=4)

    fake._done = tests
    with Pod(fake) as pod:
        found = [(check.item, reason) for check, reason in pod.checks()]
    known = minor > 1  # an earlier minor does not have the message
    assert found == [(1, "none"), (2, "odd_gravity" if known else "none"), (3, "none"), (4, 200 if known else "none")]


def test_self_tests_of_a_pod_that_falls_silent_end_with_what_came(monkeypatch):
    monkeypatch.setattr("retropod.client.pod._PAUSE_S", 0.2)
    monkeypatch.setattr("retropod.client.pod._TESTED", Patience(0.3))
    fake = TinyPod()
    fake._done = lambda request: fake.send(schema.CHECK, request=request, item=1, text=b"bus")
    fake.mangle = lambda index, frame: frame if index < 2 else None
    with Pod(fake) as pod:
        assert [answer.text for answer, _ in pod.checks()] == ["bus"]


def test_the_wait_after_a_repeat_covers_the_time_since_the_first_sending():
    """That answer may belong to the first attempt. The next wait must not end before such an answer."""
    fake = TinyPod()
    with Pod(fake) as pod:
        pod.status()
        fake.latency_s = 1.1
        pod.status()
        sent = pod.connection.requests
        pod.status()
        assert pod.connection.requests - sent == 1


def test_data_for_an_earlier_reading_of_the_same_run_is_accepted():
    fake = TinyPod(RUN)
    asked = []
    fake._read = lambda *values: asked.append(values)
    with Pod(fake) as pod:
        with pod.connection.reading(1) as reading:
            assert list(reading.pieces(0, 500, 0.001)) == []
        with pod.connection.reading(2) as reading:
            assert list(reading.pieces(0, 500, 0.001)) == []
        request = asked[0][0]
        fake._read = lambda *values: fake.send(schema.RUN_DATA, request=request, offset=0, data=RUN[:500])
        with pod.connection.reading(2) as reading:
            assert list(reading.pieces(500, 500, 0.05)) == [], "data of another run"
        with pod.connection.reading(1) as reading:
            assert next(iter(reading.pieces(500, 500, 5.0))) == (0, RUN[:500])


def test_a_late_refusal_of_an_earlier_request_does_not_end_the_next():
    fake = TinyPod(RUN)
    asked = []
    fake._read = lambda *values: asked.append(values)
    with Pod(fake) as pod, pod.connection.reading(1) as reading:
        assert list(reading.pieces(0, 500, 0.001)) == []

        def refuses_the_first(request, *_):
            fake.send(schema.ERROR, request=asked[0][0], code=4)
            fake.send(schema.RUN_DATA, request=request, offset=0, data=RUN[:500])

        fake._read = refuses_the_first
        assert next(iter(reading.pieces(0, 500, 5.0))) == (0, RUN[:500])


@pytest.mark.parametrize("piece", [(0, RUN[:100]), (0, b""), (600, RUN[:100]), (450, RUN[:100])])
def test_pieces_without_end_or_outside_of_the_request_end_a_reading(piece):
    fake = TinyPod(RUN)

    def floods(request, *_):
        for _ in range(2000):
            fake.send(schema.RUN_DATA, request=request, offset=piece[0], data=piece[1])

    fake._read = floods
    with Pod(fake) as pod:
        got = list(pod.read_run(1, 0, 500, 5.0))
        valid = piece == (0, RUN[:100])
        assert len(got) < 200 and bool(got) is valid
        assert valid or pod.connection.unexpected > 10


def test_a_list_has_a_limit_of_entries_and_repeated_entries_are_no_progress(monkeypatch):
    fake = TinyPod()
    fake._list = lambda request: [
        *(fake.send(schema.RUN_ENTRY, request=request, run=run) for run in range(5000)),
        fake.send(schema.DONE, request=request, value=5000),
    ]
    with Pod(fake) as pod, pytest.raises(OperationFailed, match="run list does not end"):
        pod.runs()
    monkeypatch.setattr("retropod.client.pod._LISTED", Patience(0.05))
    fake = TinyPod()
    began = time.monotonic()

    def slowly(request):
        while time.monotonic() - began < 5.0:  # a list that waits for the end of this gets no answer
            fake.send(schema.RUN_ENTRY, request=request, run=1)
            time.sleep(0.01)

    fake._list = lambda request: threading.Thread(target=slowly, args=(request,), daemon=True).start()
    with Pod(fake) as pod, pytest.raises(OperationFailed, match="does not end"):
        pod.runs()


def test_the_limit_of_a_list_covers_all_attempts(monkeypatch):
    monkeypatch.setattr("retropod.client.connection._LIST_S", -1.0)
    fake = TinyPod()
    fake._list = lambda request: [
        fake.send(schema.RUN_ENTRY, request=request, run=1),
        fake.send(schema.DONE, request=request, value=9),
    ]
    with Pod(fake) as pod, pytest.raises(OperationFailed, match="does not end"):
        pod.runs()


def test_entries_that_arrive_twice_count_once():
    fake = TinyPod()
    send = fake.send
    fake.send = lambda message, **values: [send(message, **values) for _ in range(1 + (message == schema.RUN_ENTRY))]
    with Pod(fake) as pod:
        assert [entry.run for entry in pod.runs()] == [1, 2, 3]
    assert count(fake, schema.RUN_LIST) == 1


def test_self_tests_without_end_are_given_up(monkeypatch):
    fake = TinyPod()
    fake._done = lambda request: [fake.send(schema.CHECK, request=request, item=1, text=b"bus") for _ in range(5000)]
    with Pod(fake) as pod, pytest.raises(OperationFailed, match="does not end"):
        list(pod.checks())
    monkeypatch.setattr("retropod.client.connection._STREAM_S", -1.0)
    with Pod(fake) as pod, pytest.raises(OperationFailed, match="does not end"):
        list(pod.checks())


def test_a_request_that_finds_no_room_in_the_pod_ends(monkeypatch):
    monkeypatch.setattr("retropod.client.connection.TOTAL_S", 0.05)
    with Pod(TinyPod()) as pod:
        assert pod.connection.window.take(190, 1.0)  # another thread, whose request gets no answer
        with pytest.raises(NoAnswer):
            pod.status()


@pytest.mark.parametrize("characters", [54, 180, 2000])
def test_a_text_that_no_frame_holds_is_refused_before_it_is_sent(characters):
    fake = TinyPod()
    with Pod(fake) as pod:
        for ask in (lambda: pod.settings("n" * characters), lambda: pod.change("length_note", "x" * characters)):
            with pytest.raises(UsageError, match=f"there is no setting|at most 32 bytes .* one has {characters}"):
                ask()
    assert count(fake, schema.SETTING_GET) == count(fake, schema.SETTING_SET) == 0


def test_the_time_out_of_a_digest_is_bounded_whatever_size_the_pod_claims():
    assert _reading(1 << 20).total_s > TOTAL_S + (1 << 20) / 50_000
    assert _reading(0xFFFFFFFF).total_s == 400.0


def test_a_lease_outlasts_the_renewals_of_a_slow_link():
    fake = TinyPod()
    with Pod(fake) as pod:
        for _ in range(9):
            pod.connection.round_trip.answered(4.0, 2.0)
        with pod.stream("strides"):
            pass
    (lease,) = [values[2] for message, values in fake.asked if message == schema.STREAM and values[2]]
    assert lease > 2000 + 3 * 2000


def test_the_rate_of_a_line_with_a_long_round_trip_is_not_changed():
    fake, told = TinyPod(), []
    fake.baud, fake.change_rate = 115200, lambda baud: True
    with Pod(fake) as pod:
        pod.connection.round_trip.shortest_s = 0.4
        fake.latency_s = 0.5
        with faster(pod, (460_800,), told.append) as rate:
            assert rate == 0
    assert "too slowly" in told[0] and count(fake, schema.LINE_SET) == 0
