"""`retropod mount` with a simulated pod."""

import datetime
import threading

import pytest

from host.tinypod import TinyPod
from retropod.cli import mount
from retropod.client.messages import MountMessage
from retropod.client.pod import Pod
from retropod.client.settingchange import typed
from retropod.errors import OperationFailed, UsageError
from retrowire import schema


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(mount, "_PAUSE_S", 0.6)
    monkeypatch.setattr(mount, "_POLL_S", 0.01)


def walked(fake, strides, **values):
    """Send strides of 1.2 m, 0.3 s from now."""

    def send():
        for number in range(strides):
            fake.send(schema.STRIDE, number=number, length=1200, lateral=0, direction=1, **values)

    threading.Timer(0.3, send).start()


def test_a_known_distance_corrects_the_lengths(capsys):
    fake = TinyPod()
    with Pod(fake) as pod:
        walked(fake, 10)
        mount._calibrate_length(pod, 12.6)
    assert fake.settings["length_factor"] == "1050"
    assert fake.settings["length_note"] == f'"{datetime.date.today()} 12.6 m, 10 strides"'
    assert "12.0 m" in capsys.readouterr().out


def test_a_correction_builds_on_the_one_before():
    fake = TinyPod()
    fake.settings["length_factor"] = "1100"
    with Pod(fake) as pod:
        walked(fake, 10)
        mount._calibrate_length(pod, 12.6)
    assert fake.settings["length_factor"] == "1155"


def test_a_distance_that_does_not_fit_changes_nothing():
    fake = TinyPod()
    with Pod(fake) as pod:
        walked(fake, 10)
        with pytest.raises(OperationFailed, match=r"distance does not fit 50 m: .* 12\.0 m, .* 4167, .* 500 to 2000"):
            mount._calibrate_length(pod, 50.0)
    assert fake.settings["length_factor"] == "1000"


def test_the_note_of_any_distance_fits_into_its_setting():
    fake = TinyPod()
    with Pod(fake) as pod:
        walked(fake, 100)
        mount._calibrate_length(pod, 123.456)
    assert fake.settings["length_note"] == f'"{datetime.date.today()} 123.5 m, 100 strides"'


def test_too_few_strides_correct_nothing():
    fake = TinyPod()
    with Pod(fake) as pod:
        walked(fake, 4)
        with pytest.raises(OperationFailed):
            mount._calibrate_length(pod, 12.0)
    assert fake.settings["length_factor"] == "1000"


@pytest.mark.parametrize(("phase", "reason", "name"), [(4, 2, "turned"), (4, 3, "not_forward"), (4, 9, "undecided")])
def test_a_check_that_fails_gives_the_reason(phase, reason, name):
    fake = TinyPod()
    real = fake._handle

    def handle(message, body):
        if message == schema.MOUNT_DO:
            fake.send(schema.MOUNT, request=body[0], phase=phase, reason=reason)
        else:
            real(message, body)

    fake._handle = handle
    with Pod(fake) as pod, pytest.raises(OperationFailed) as failed:
        mount._learn(pod)
    assert mount._REASONS[name] in failed.value.message


@pytest.mark.parametrize(
    ("phase", "status", "words"),
    [
        (1, {"samples": 1}, ["two seconds of standing still"]),
        (2, {"samples": 1}, ["0 of 10 detected", "2 of 10 detected"]),
        (2, {"samples": 0}, ["no samples", "retropod doctor"]),
        (2, {"samples": 1, "state": 6}, ["no sensor", "retropod doctor"]),
    ],
)
def test_a_check_that_waits_reports_what_is_missing(phase, status, words, monkeypatch, capsys):
    """A report follows each answer of the pod that brings no progress, because none is too early here."""
    monkeypatch.setattr(mount, "_REPORT_S", 0.0)
    fake, real = TinyPod(), TinyPod._handle
    strides = iter((0, 0, 0, 1, 1))
    asked = iter(range(1000))

    def handle(message, body):
        if message == schema.MOUNT_DO:
            count = next(strides, None)
            state = {"phase": 3} if count is None else {"phase": phase, "strides": count}
            fake.send(schema.MOUNT, request=body[0], **state)
        elif message == schema.STATUS_GET:
            samples = status["samples"] * next(asked)
            fake.send(schema.STATUS, request=body[0], state=status.get("state", 0), samples=samples)
        else:
            real(fake, message, body)

    fake._handle = handle
    with Pod(fake) as pod:
        assert mount._learn(pod).phase == "passed"
    err = capsys.readouterr().err
    assert [word for word in words if word not in err] == []
    assert err.count("\n") <= 2 + 5  # the instructions, and at most one report for each answer


def test_an_interrupt_is_reported_although_the_pod_no_longer_answers(monkeypatch):
    asked = []

    def mount_of(action, matrix=None):
        asked.append(action)
        if action == "learn":
            return MountMessage(phase="walk")
        raise KeyboardInterrupt if action == "query" else OperationFailed("no answer")

    with Pod(TinyPod()) as pod:
        monkeypatch.setattr(pod, "mount", mount_of)
        with pytest.raises(KeyboardInterrupt):
            mount._learn(pod)
    assert asked == ["learn", "query", "cancel"]


def test_progress_delays_the_report(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(mount.time, "monotonic", lambda: now[0])
    with Pod(TinyPod()) as pod:
        waiting = mount._Waiting(pod)
        monkeypatch.setattr(waiting, "_stopped", lambda: "")
        found = []
        for second in range(12):
            now[0] = float(second)
            if waiting.missing(MountMessage(phase="walk", strides=0 if second < 4 else 1)):
                found.append(second)
    assert found == [9]


def test_a_new_value_gets_the_type_of_the_present_one():
    with Pod(TinyPod()) as pod:
        assert typed(pod, "wearer", "007") == "007"
        assert typed(pod, "length_factor", "1020") == 1020
        with pytest.raises(UsageError):
            typed(pod, "length_factor", "long")
