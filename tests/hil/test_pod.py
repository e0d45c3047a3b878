"""Requirements of every pod, on a real cable. It keeps its settings and runs, and can lie on a table."""

import pytest

from e2e import scenarios
from retropod.client.linerate import RATES, faster
from retropod.client.pod import Pod
from retropod.transport.serial import SerialTransport

_TESTS_S = 120.0  # limit of a command that has the pod test itself: stillness 8 s, rate 15 s, samples 10 s


def test_it_greets(tool):
    said = scenarios.greets(tool)
    assert said["pod"]["major"] == 1
    assert said["status"]["sensor_errors"] == 0


def test_garbage_before_the_first_frame(tool):
    scenarios.survives_garbage(tool)


def test_a_port_in_use_is_said_to_be(tool):
    if "://" not in tool.port:  # a socket takes the second host when the first has left
        scenarios.refuses_a_second_host(tool)


def test_a_run_is_recorded_downloaded_and_erased(tool):
    scenarios.loses_no_run(tool, 3.0)


def test_raw_samples_leave_no_gap(tool):
    assert scenarios.streams_without_gaps(tool, seconds=20.0)["link"]["raw_samples"] > 19 * 100


def test_the_clock_is_set(tool):
    assert tool.good("time", "sync", "--json").objects[0]["error_s"] < 0.3
    assert scenarios.greets(tool)["status"]["clock_state"] == "synced"


def test_a_setting_is_kept(tool):
    before = tool.good("config", "get", "wearer", "--json").objects[0]["wearer"]
    tool.good("config", "set", "wearer", "somebody")
    assert tool.good("config", "get", "wearer", "--json").objects == [{"wearer": "somebody"}]
    tool.good("config", "set", "wearer", before)


def test_a_host_killed_inside_a_request_locks_no_host_out(tool):
    for request in scenarios.requests():
        assert scenarios.killed_host_locks_nobody_out(tool, scenarios.cut_at_every_byte(request)) == len(request)


@pytest.mark.parametrize("rate", RATES)
def test_a_faster_line_works_or_is_given_up(tool, rate):
    """Says which, for a board behind a USB-serial bridge: `pytest tests/hil --port ... -rs`."""
    told = []
    with Pod(SerialTransport(tool.port, tool.baud)) as pod:
        with faster(pod, (rate,), told.append) as got:
            for _ in range(20):
                pod.hello(within_s=4.0)  # the pod leaves the rate after 5 s of silence
        assert pod.fast == 0
        pod.hello()
    if not got:
        pytest.skip("; ".join(told))


def test_doctor_finds_nothing_that_fails(tool):
    """Lay it down: then its sensor moves as the data sheet says, feels 1 g, and keeps its rate."""
    scenarios.await_rate(tool)
    ran = tool("doctor", "--json", timeout_s=_TESTS_S)
    results = {one["item"]: one for one in ran.objects[0]["results"]}
    assert (ran.code, [one for one in results.values() if one["verdict"] == "fail"]) == (0, [])
    for item in ("sensor", "gravity", "noise_acc", "rate", "self_test"):
        assert results[item]["verdict"] in ("pass", "warn"), results[item]


def test_a_capture_is_whole(tool, tmp_path):
    said = tool.good("capture", str(tmp_path / "capture.zip"), "--json", timeout_s=_TESTS_S).objects[0]
    assert said["samples"]["count"] > 9 * 95
    assert said["samples"]["missing"] == 0
    assert said["notes"] == []
