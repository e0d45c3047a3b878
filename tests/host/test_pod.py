"""The client against a pod that loses, damages, refuses or falls silent."""

import pytest

from host.tinypod import TinyPod
from retropod.client.pod import Pod
from retropod.client.refusals import NoAnswer, PodRefused
from retropod.client.stream import Gap, Restarted
from retropod.client.timesync import synchronise
from retropod.errors import DamagedData, NoPod, OperationFailed, ProtocolMismatch, UsageError
from retrowire import codec, schema


def test_hello_names_the_pod_and_runs_are_listed():
    with Pod(TinyPod(run=b"x" * 10)) as pod:
        assert pod.greeting.name == "tiny"
        assert pod.pod_id == "0102030405060708"
        assert [entry.run for entry in pod.runs()] == [1, 2, 3]


def test_a_lost_answer_is_asked_for_again_under_the_same_number():
    fake = TinyPod(mangle=lambda index, frame: None if index == 1 else frame)
    with Pod(fake) as pod:
        pod.status()
    asked = [values[0] for message, values in fake.asked if message == schema.STATUS_GET]
    assert len(asked) == 2
    assert asked[0] == asked[1]


def test_what_a_killed_host_had_asked_for_is_not_taken_for_the_answer():
    """Its requests have numbers too, and the pod may still be sending: 1 in 255 of ours has the same."""
    fake = TinyPod(run=b"x" * 2000)
    answered = fake._time

    def busy(request: int, *values: int) -> None:
        fake.send(schema.RUN_DATA, request=request, offset=507, data=b"x" * 507)
        answered(request, *values)

    fake._time = busy
    with Pod(fake) as pod:
        assert pod.set_time(1_700_000_000.0, None).uptime_s == 7


def test_answers_of_another_class_are_counted_and_named_as_the_cause():
    fake = TinyPod()
    with Pod(fake) as pod:
        assert pod.connection.unexpected == 0
        fake._hello = lambda request, *_: fake.send(schema.DONE, request=request)
        with pytest.raises(NoAnswer, match="none of which fits the request"):
            pod.hello(attempts=1, within_s=2.0)
        assert pod.connection.unexpected == 1
        fake.send(schema.STATUS, request=pod.connection._request)
        pod.status()
        assert pod.connection.unexpected == 2, "an answer to no request"
        fake.silent = True
        with pytest.raises(NoAnswer, match="no answer from"):
            pod.hello(attempts=1, within_s=0.2)


def test_a_digest_of_another_run_is_not_an_answer():
    fake = TinyPod(run=b"x" * 10)
    answered = fake._digest

    def wrong_then_right(request, run):
        answered(request, run + 1)
        answered(request, run)

    fake._digest = wrong_then_right
    with Pod(fake) as pod:
        assert pod.digest(1)[0] == 10
        assert pod.connection.unexpected == 1


def test_a_size_that_no_pod_stores_is_damaged_data():
    fake = TinyPod()
    fake._digest = lambda request, run: fake.send(schema.DIGEST, request=request, run=run, size=0xFFFFFFF0)
    with Pod(fake) as pod, pytest.raises(DamagedData, match="4294967280 bytes"):
        pod.digest(1)


def test_two_entries_of_one_run_are_one():
    fake = TinyPod(run=b"x" * 10)

    def twice(request):
        for run, size in ((2, 5), (1, 7), (2, 9)):
            fake.send(schema.RUN_ENTRY, request=request, run=run, size=size)
        fake.send(schema.DONE, request=request, value=3)

    fake._list = twice
    with Pod(fake) as pod:
        assert [(entry.run, entry.raw["size"]) for entry in pod.runs()] == [(1, 7), (2, 9)]


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e999", "", "{", "[" * 200, "tru"])
def test_one_invalid_setting_is_unknown_and_the_others_are_read(text):
    fake = TinyPod()

    def settings(request, _):
        fake.send(schema.SETTING, request=request, text=f"rate_hz={text}".encode())
        fake.send(schema.SETTING, request=request, text=b"side=2.5")
        fake.send(schema.DONE, request=request, value=2)

    fake._setting = settings
    with Pod(fake) as pod:
        assert pod.settings() == {"rate_hz": None, "side": 2.5}
        assert pod.setting("side", float) == 2.5
        for name in ("rate_hz", "wearer"):
            with pytest.raises(OperationFailed, match=f"invalid {name}: None"):
                pod.setting(name, int)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [-float("inf")]])
def test_a_number_that_is_not_finite_is_not_a_setting(value):
    fake = TinyPod()
    with Pod(fake) as pod, pytest.raises(UsageError, match="length_factor"):
        pod.change("length_factor", value)
    assert all(message != schema.SETTING_SET for message, _ in fake.asked)


@pytest.mark.parametrize(("text", "size"), [("x" * 17, 17), ("Андрейка!", 17), ("x" * 180, 180)])
def test_a_name_too_long_for_the_pod_is_refused_with_its_bytes_and_the_limit(text, size):
    fake = TinyPod()
    with Pod(fake) as pod:
        for name in ("name", "wearer"):
            with pytest.raises(
                UsageError, match=f"{name} must be text of at most 16 bytes in UTF-8, this one has {size}"
            ):
                pod.change(name, text)
    assert all(message != schema.SETTING_SET for message, _ in fake.asked)


def test_a_setting_goes_out_as_utf_8():
    fake = TinyPod()
    with Pod(fake) as pod:
        assert pod.change("wearer", "Андрейка") == {"wearer": "Андрейка"}
    assert fake.settings["wearer"] == '"Андрейка"'


def test_the_text_of_a_refusal_is_one_line():
    fake = TinyPod()
    fake._done = lambda request, *_: fake.send(schema.ERROR, request=request, code=13, text=b"a\nb\r\n")
    with Pod(fake) as pod, pytest.raises(PodRefused, match=r"\(a b\)$"):
        pod.record("start")


def test_a_list_with_a_hole_is_asked_for_again():
    fake = TinyPod(mangle=lambda index, frame: None if index == 2 else frame)
    with Pod(fake) as pod:
        assert [entry.run for entry in pod.runs()] == [1, 2, 3]
    assert sum(message == schema.RUN_LIST for message, _ in fake.asked) == 2


def test_frames_hold_no_ctrl_c_where_a_sequence_number_can_help_that():
    """A board that is starting takes a byte 3 for one and never loads its app."""
    fake, wrote = TinyPod(), []
    take = fake.write
    fake.write = lambda data: (wrote.append(data), take(data))
    with Pod(fake) as pod:
        for _ in range(300):
            pod.hello()
    assert len(wrote) > 300
    assert not [data for data in wrote if 3 in data]


def test_a_refusal_has_its_code_and_a_hint():
    fake = TinyPod()
    fake.refuse[schema.RECORD] = "storage_full"
    with Pod(fake) as pod, pytest.raises(PodRefused) as refused:
        pod.record("start", "strides")
    assert refused.value.code == "storage_full"
    assert "erase" in refused.value.hint


@pytest.mark.parametrize("prompt", [b"\r\n>>> ", b"raw REPL; CTRL-B to exit\r\n>", b"q^\r\n=== ", b"\r\n...     "])
def test_silence_names_the_prompt_that_answers_instead(prompt):
    fake = TinyPod()
    fake.silent, fake.prompt = True, prompt
    with pytest.raises(NoAnswer, match="prompt"):
        Pod(fake, hello_attempts=1)


def test_silence_is_said_to_be_silence():
    fake = TinyPod()
    fake.silent = True
    with pytest.raises(NoAnswer, match="no answer from"):
        Pod(fake, hello_attempts=1)


def test_another_major_leaves_the_core_and_names_both_versions():
    with Pod(TinyPod(run=b"data", major=9, fingerprint=1)) as pod:
        assert len(pod.runs()) == 3
        assert b"".join(data for _, data in pod.read_run(1, 0, 4)) == b"data"
        with pytest.raises(ProtocolMismatch, match=rf"9\.{schema.PROTOCOL_MINOR}.*1\.{schema.PROTOCOL_MINOR}"):
            pod.record("start", "strides")


def test_a_later_minor_is_accepted():
    with Pod(TinyPod(minor=200)) as pod:
        pod.record("lap")


def test_a_port_that_goes_away_ends_what_waits():
    fake = TinyPod()
    with Pod(fake) as pod:
        fake.silent = True
        fake.vanish()
        with pytest.raises(NoPod, match="went away"):
            pod.status()


def test_a_stream_reports_gaps():
    fake = TinyPod()
    with Pod(fake) as pod, pod.stream("strides") as stream:
        fake.send(schema.STRIDE, number=1, uptime_s=100)
        fake._sequence += 3
        fake.send(schema.STRIDE, number=5, uptime_s=104)
        items = [stream.next(2.0) for _ in range(3)]
    assert [item.number for item in items if hasattr(item, "number")] == [1, 5]
    assert items[1] == Gap(3)


def test_a_stride_that_began_before_an_event_is_not_a_restart():
    """A stride carries the uptime of its beginning, an event the uptime at which it was sent."""
    fake = TinyPod()
    with Pod(fake) as pod, pod.stream("strides", "events", renew_s=0.02) as stream:
        fake.send(schema.EVENT, kind=codec.value("event", "rate"), uptime_s=60)
        fake.send(schema.STRIDE, number=1, uptime_s=57)
        items = [item for _ in range(6) if (item := stream.next(0.1)) is not None]
    assert [item.type for item in items] == ["event", "stride"]
    assert sum(message == schema.STREAM for message, _ in fake.asked) > 3, "renewed meanwhile"


@pytest.mark.parametrize("minor", [schema.PROTOCOL_MINOR, 0])
def test_a_changed_boot_count_is_a_restart_and_precedes_all_of_that_boot(minor):
    """Also when nothing shows that the clock went back: the new boot's uptime may be the greater one."""
    fake = TinyPod(minor=minor)
    subscribed = fake._done

    def streams(request, *rest):
        subscribed(request, *rest)
        if fake.boot == 2:
            fake.send(schema.STRIDE, number=1, uptime_s=200)

    fake._done = streams
    with Pod(fake) as pod, pod.stream("strides", renew_s=0.05) as stream:
        fake.send(schema.STRIDE, number=9, uptime_s=100)
        assert stream.next(2.0).number == 9
        fake.boot = 2
        restarted, first = stream.next(2.0), stream.next(2.0)
        assert isinstance(restarted, Restarted) and first.number == 1
        later = [item for _ in range(3) if isinstance(item := stream.next(0.1), Restarted)]
    assert later == []


def test_a_restart_before_the_first_renewal_is_reported():
    fake = TinyPod()
    with Pod(fake) as pod:
        fake.boot = 2
        with pod.stream("strides", renew_s=0.02) as stream:
            assert isinstance(stream.next(2.0), Restarted)


def test_a_lease_is_renewed_and_given_up():
    fake = TinyPod()
    with Pod(fake) as pod:
        with pod.stream("strides", "raw", renew_s=0.02) as stream:
            stream.next(0.2)
        leases = [values for message, values in fake.asked if message == schema.STREAM]
    assert len(leases) >= 4
    assert all(values[1:] == [3, 5000] for values in leases[:-1])
    assert leases[-1][2] == 0


def test_setting_the_clock_sends_what_the_epoch_is_and_its_error():
    fake = TinyPod()
    with Pod(fake) as pod:
        synced = synchronise(pod)
    sent = [values for message, values in fake.asked if message == schema.TIME_SET][-1]
    assert sent[1] + sent[2] / 1000 == pytest.approx(synced.epoch_s, abs=0.002)
    assert sent[3] / 1000 == pytest.approx(synced.error_s, abs=0.001)
    assert sent[4:] == [7, 0] and synced.uptime_s == 7
    assert synced.sync.low_s <= synced.epoch_s <= synced.sync.high_s and synced.error_s < 0.5


@pytest.mark.parametrize("epoch_s", [-1.0, 2.0**32, 1e300, float("nan"), float("inf")])
def test_a_time_that_the_wire_cannot_express_is_a_usage_error_and_not_sent(epoch_s):
    fake = TinyPod()
    with Pod(fake) as pod:
        for times in ((epoch_s, None), (1_700_000_000.0, 0.001, epoch_s)):
            with pytest.raises(UsageError):
                pod.set_time(*times)
        assert pod.set_time(1_700_000_000.9999, None).host_s == 1_700_000_001
    assert sum(message == schema.TIME_SET for message, _ in fake.asked) == 1


def test_a_pod_of_minor_zero_gets_the_time_with_its_error():
    fake = TinyPod(minor=0)
    with Pod(fake) as pod:
        synced = synchronise(pod)
    sent = [values for message, values in fake.asked if message == schema.TIME_SET][-1]
    assert sent[3] == 500 and synced.error_s == 0.5


def test_requests_in_flight_never_exceed_what_a_pod_can_hold():
    fake = TinyPod()
    with Pod(fake) as pod:
        held = []
        real = fake.write
        fake.write = lambda data: (held.append(pod.connection.window._free), real(data))
        for _ in range(300):  # all request numbers, and around
            pod.status()
        assert min(held) >= 0
        assert pod.connection.window._free == 192


def test_a_list_that_always_comes_with_holes_is_given_up():
    fake = TinyPod(mangle=lambda index, frame: None if index % 4 == 2 else frame)
    with Pod(fake) as pod, pytest.raises(OperationFailed, match="incomplete 4 times"):
        pod.runs()
