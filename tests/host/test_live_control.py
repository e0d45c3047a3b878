"""Keys and bell of `live`, and their requests to a pod."""

import os
import pty
import termios
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from host.test_live_command import Items, a_stride
from host.tinypod import TinyPod
from retropod.cli import live_screen
from retropod.cli.feed import Feed
from retropod.client.pod import Pod
from retropod.insight.units import SI
from retropod.live import plan
from retropod.live.bell import Bell
from retropod.live.control import PodControl
from retropod.live.keyboard import keyboard
from retropod.live.plantimer import PlanTimer
from retrowire import codec, schema


def until(condition):
    end_s = time.monotonic() + 10.0
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.01)


def test_a_lap_without_a_recording_names_the_key():
    fake = TinyPod()
    fake.refuse[schema.RECORD] = "not_recording"
    with Pod(fake) as pod, PodControl(lambda: pod) as control:
        control.press("l")
        until(lambda: control.message)
        assert control.message == "no run is open: press r to record"


def test_r_starts_and_l_marks():
    fake = TinyPod()
    with Pod(fake) as pod, PodControl(lambda: pod) as control:
        control.press("x")
        control.press("r")
        until(lambda: control.message.startswith("recording"))
        control.press("l")
        until(lambda: control.message.startswith("lap"))
        assert control.status is not None
    actions = [values[1] for message, values in fake.asked if message == schema.RECORD]
    assert actions == [codec.value("record_action", name) for name in ("start", "lap")]


def test_a_key_while_the_port_is_away_has_no_effect():
    with PodControl(lambda: None) as control:
        control.press("r")
        until(lambda: control.message)
        assert control.message == "not connected: the key has no effect" and control.status is None


def test_an_error_of_the_pod_is_the_message():
    fake = TinyPod()
    fake.refuse[schema.RECORD] = "storage_full"
    with Pod(fake) as pod, PodControl(lambda: pod) as control:
        control.press("r")
        until(lambda: control.message)
        assert "storage full" in control.message


@pytest.mark.parametrize("muted", [False, True], ids=["sound", "muted"])
@pytest.mark.parametrize("big", [False, True], ids=["log", "big"])
def test_the_bell_rings_at_a_change_of_direction_unless_it_is_muted(big, muted, monkeypatch, capsys):
    rung = []
    monkeypatch.setattr("retropod.cli.output.console", lambda: Console(width=80, height=24))
    control = SimpleNamespace(message="", status=None)
    keys = live_screen.Keys(lambda: "", control, Bell(lambda: rung.append(1)), muted, None)
    feed = Feed(Items(a_stride(1), a_stride(2, direction="backward")))
    with pytest.raises(KeyboardInterrupt):
        if big:
            live_screen.show_big(feed, SI, keys, lambda: False)
        else:
            live_screen.show_log(feed, False, controls=keys)
    assert len(rung) == (0 if muted else 1)


def test_a_key_starts_the_plan_again():
    timer = PlanTimer(plan.parse("20s back"))
    pressed = iter(["p", "", "P"])
    keys = live_screen.Keys(lambda: next(pressed), None, Bell(lambda: None), True, timer)
    keys.step()
    assert (timer.starts, keys.message) == (1, "the plan starts")
    keys.step()
    keys.step()
    assert timer.starts == 2


def test_the_heading_stays_visible_on_a_low_terminal(monkeypatch, capsys):
    monkeypatch.setenv("LINES", "14")
    monkeypatch.setenv("COLUMNS", "80")
    feed = Feed(Items(*(a_stride(number, flags=()) for number in range(12))))
    with pytest.raises(KeyboardInterrupt):
        live_screen.show_log(feed, False)
    rows = capsys.readouterr().out.splitlines()
    headings = [at for at, row in enumerate(rows) if "direction" in row and "sure" in row]
    assert len(headings) == 2 and headings[1] - headings[0] <= 14 - 6


def test_the_terminal_gets_its_mode_back_after_an_error(monkeypatch):
    master, slave = pty.openpty()
    monkeypatch.setattr("retropod.live.keyboard._in_foreground", lambda: True)
    with os.fdopen(slave) as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        before = termios.tcgetattr(slave)
        with pytest.raises(ValueError, match="broken"), keyboard() as pressed:
            assert termios.tcgetattr(slave) != before
            assert pressed() == ""
            os.write(master, b"lm")
            until(lambda: pressed() == "lm")
            raise ValueError("broken")
        assert termios.tcgetattr(slave) == before
    os.close(master)


def test_without_a_terminal_there_is_no_key(monkeypatch):
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        with keyboard() as pressed:
            assert pressed() == ""


def test_a_key_that_waited_for_the_pod_is_not_executed_late():
    fake, now_s = TinyPod(), [100.0]
    with Pod(fake) as pod:
        control = PodControl(lambda: pod, lambda: now_s[0])
        control.press("l")  # while an earlier request waits: the thread has not begun
        now_s[0] += 1.5
        with control:
            until(lambda: control.message)
        assert "did not answer in time" in control.message
    assert [values for message, values in fake.asked if message == schema.RECORD] == []


def test_keys_that_the_pod_cannot_take_are_refused():
    control = PodControl(lambda: None)
    for _ in range(100):
        control.press("l")
    assert "did not answer in time" in control.message
