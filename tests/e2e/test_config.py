"""`config` on a virtual pod: values, combinations, the trial of hardware settings."""

import pytest

from firmware.podlife import client, until
from retropod.client.settingchange import TRIAL_S


@pytest.fixture
def at(walking, tool):
    return tool(walking(go=False).url)


def boots(at):
    return at.good("info", "--json").objects[0]["pod"]["boot_count"]


def test_names_of_any_script_are_stored_exactly(at):
    for name in ("Андрейка", "🏃pod", "left 🦶", "李小龙跑步"):
        at.good("config", "set", "name", name)
        assert at.good("config", "get", "name", "--json").objects == [{"name": name}]


@pytest.mark.parametrize(("arguments", "code", "cause"), [
    (("set", "name", "x" * 180), 2, "at most 16 bytes"), (("set", "wearer", "a\x1b[31m"), 2, "control characters"),
    (("set", "rate_hz", "nan"), 2, "one of 100 104"), (("set", "stop_after_s", "1e999"), 2, "20 to 3600"),
    (("set", "line_rate", "1"), 2, "9600 to 4000000"), (("set", "led_pin", "6"), 2, "belongs to the flash"),
    (("set", "led_pin=27"), 2, "led_pin and wake_pin"), (("set", "i2c_hz=10000"), 2, "at most 90 %"),
    (("set", "rate_hz"), 2, "the value of rate_hz is missing"),
    (("set", "rate_hz=208", "rate_hz=104"), 2, "given twice"),
    (("set", "side", "upper"), 1, "refused to change a setting"), (("set", "rate_h", "208"), 1, "no setting rate_h"),
    (("get", "y" * 200), 2, "name of 200 letters"), (("get", "wearr"), 1, "no setting wearr"),
])  # fmt: skip
def test_bad_input_has_a_cause_and_a_hint_and_changes_nothing(at, arguments, code, cause):
    before = at.good("config", "get", "--json").objects, boots(at)
    refused = at("config", *arguments)
    assert refused.code == code
    lines = refused.err.splitlines()
    assert cause in lines[0] and lines[0].startswith("error: ")
    assert lines[1].startswith("hint: ") and len(lines) == 2
    assert "did you mean" in lines[1] or cause[:10] != "no setting"
    assert (at.good("config", "get", "--json").objects, boots(at)) == before


def test_hardware_settings_are_judged_and_tried_together(at):
    before = boots(at)
    assert "`retropod config set i2c_hz=50000 rate_hz=208`" in at("config", "set", "i2c_hz=50000").err
    changed = at.good("config", "set", "i2c_hz=50000", "rate_hz=104", "--json").objects[0]
    assert (changed["i2c_hz"], changed["rate_hz"]) == (50_000, 104)
    assert boots(at) == before + 1
    at.good("config", "set", "rate_hz=416", "i2c_hz=400000")
    assert boots(at) == before + 2
    at.good("config", "set", "rate_hz", "416")  # no change, so no restart
    assert boots(at) == before + 2
    assert at.good("config", "get", "rate_hz", "--json").objects == [{"rate_hz": 416}]


def test_one_refused_setting_changes_none(at):
    before = at.good("config", "get", "--json").objects
    refused = at("config", "set", "wearer=Ada", "rate_hz=208", "chip=bmi160")
    assert refused.code == 1
    assert "bad setting (chip: one of auto" in refused.err
    assert at.good("config", "get", "--json").objects == before


def test_recording_is_not_ended_by_a_setting(at):
    at.good("record", "start")
    refused = at("config", "set", "led_pin", "4")
    assert refused.code == 1
    assert "is recording run 1" in refused.err and "record stop" in refused.err
    at.good("config", "set", "wearer", "Ada")
    at.good("record", "stop")
    at.good("config", "set", "led_pin", "4")


def test_undone_settings_are_shown(walking, tool):
    virtual = walking(go=False)
    at = tool(virtual.url)
    with client(virtual) as pod:
        pod.change("led_pin", 4)
        pod.restart()
    until(lambda: getattr(virtual._watchdog, "interval", 0) == TRIAL_S)  # a start that no host greets
    virtual._bite()
    ran = at.good("config", "get")
    assert "the pod undid led_pin 4" in ran.err
    assert at.good("config", "get", "--json").objects[0]["undone"] == {"led_pin": 4}
    assert "no host greeted the pod with: led_pin 4" in at("doctor").out
    at.good("config", "set", "led_pin", "25", "buzzer_pin", "-2")
    assert "undone" not in at.good("config", "get", "--json").objects[0]
