"""`retropod mount` with a simulated pod."""

import datetime
import threading

import pytest

from host.tinypod import TinyPod
from retropod.cli import mount
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


def test_a_new_value_gets_the_type_of_the_present_one():
    with Pod(TinyPod()) as pod:
        assert typed(pod, "wearer", "007") == "007"
        assert typed(pod, "length_factor", "1020") == 1020
        with pytest.raises(UsageError):
            typed(pod, "length_factor", "long")
