"""The command line with a pod that acts without a host."""

import time

from firmware.podlife import until


def test_a_run_that_the_button_began(walking, tool):
    pod = walking(go=False)
    at = tool(pod.url)
    pod.set_pin(0, 0)
    time.sleep(0.4)  # of the pod's time or less, longer than its bounce
    pod.set_pin(0, 1)
    until(lambda: "started by its button" in at.good("info").out)
    refused = at("record", "start")
    assert refused.code == 1
    assert "already recording run 1, started by its button" in refused.err
    assert at.good("record", "stop", "--json").objects[0]["started_by"] == "button"
    assert "armed (starts a recording" in at.good("info").out


def test_a_board_and_what_follows_from_it(walking, tool):
    at = tool(walking(go=False).url)
    shown = at.good("config", "set", "board", "xiao-c3")
    assert "restarting the pod" in shown.err
    assert [line.split() for line in shown.out.splitlines()[:2]] == [["board", "xiao-c3"], ["sda", "GPIO", "6"]]
    assert at.good("config", "set", "led_pin", "-2", "--json").objects[0]["pins"]["led_pin"] == -1
    assert at.good("config", "get", "pins", "--json").objects[0]["wake_pin"] == 5
    listed = [line for line in at.good("config", "get", "stop_after_s").out.splitlines() if line.startswith("stop")]
    assert "without a stride" in listed[0]
