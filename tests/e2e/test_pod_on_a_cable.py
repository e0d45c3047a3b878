"""The real command line against a virtual pod on a pseudo-terminal."""

import signal
import time

import pytest

from e2e import scenarios
from e2e.tool import PATIENCE_S, is_stride
from host.schemas import checked
from retropod.runs import reader


def test_info_live_record_download_show_and_erase(walking, tool):
    at = tool(walking().url)
    said = scenarios.greets(at)
    assert said["pod"]["chip"] == "lsm6dso32"
    assert said["status"]["mount"] == "given"
    entry = scenarios.loses_no_run(at, 6.0)
    assert entry["strides"] >= 1


def test_what_is_recorded_is_what_was_streamed(walking, tool):
    at = tool(walking().url)
    run = at.good("record", "start", "--json").objects[0]["run"]
    streamed = [one for one in at.good("live", "--json", "--strides", "5").objects if is_stride(one)]
    at.good("record", "stop")
    stored = reader.read(at.store / at.good("download", "--json").objects[0]["file"])
    assert stored.header.run == run
    kept = {stride.number: stride.as_json() for stride in stored.strides}
    for stride in streamed:
        of_the_host = ("type", "host_monotonic_s", "wall_time", "wall_error_s")
        expected = {name: value for name, value in stride.items() if name not in of_the_host}
        assert kept[stride["number"]] == expected


def test_raw_samples_with_strides_leave_no_gap(walking, tool):
    end = scenarios.streams_without_gaps(tool(walking().url), strides=6)
    assert end["link"]["raw_samples"] > 4.0 * 416
    assert end["summary"]["count"]["forward"] >= 3


def test_garbage_before_the_first_frame(walking, tool):
    scenarios.survives_garbage(tool(walking().url))


def test_a_port_in_use_is_said_to_be(walking, tool):
    scenarios.refuses_a_second_host(tool(walking().url))


def test_a_host_killed_inside_a_request_locks_no_host_out(walking, tool):
    at = tool(walking().url)
    request = scenarios.requests()[0]
    assert scenarios.killed_host_locks_nobody_out(at, scenarios.cut_at_every_byte(request)) == len(request)


def test_a_pod_killed_mid_stream_ends_live_with_a_cause(walking, tool):
    pod = walking()
    with tool(pod.url).start("live", "--json") as live:
        live.until(is_stride)
        pod.kill()
        code, err = live.end()
    assert code == 3
    assert live.rest[-1]["type"] == "end" and live.rest[-1]["summary"]["strides"] >= 1
    assert "no answer" in err
    assert "hint:" in err


def test_live_waits_for_a_port_that_went_away_and_continues(walking, tool, tmp_path):
    pod, port = walking(), tmp_path / "port"
    port.symlink_to(pod.url)
    with tool(str(port)).start("live", "--json") as live:
        live.until(is_stride)
        port.unlink()
        pod.close()
        live.until(lambda one: one["type"] == "disconnected")
        pod.start()
        port.symlink_to(pod.url)
        (*_, back) = live.until(lambda one: one["type"] == "reconnected")
        pod.go()
        seen = live.until(is_stride)
        live.interrupt()
        code, err = live.end()
    assert code == 130 and err.split() == ["interrupted"]
    assert back["away_s"] > 0.0
    assert "restarted" in [one["type"] for one in [*seen, *live.rest]] or seen[-1]["number"] < 3
    link = live.rest[-1]["link"]
    assert (link["disconnections"], link["restarts"], link["lost_strides"]) == (1, 1, 0)


def test_live_goes_on_after_the_pod_was_reset(walking, tool):
    pod = walking()
    with tool(pod.url).start("live", "--json") as live:
        before = live.until(is_stride)[-1]
        live.until(lambda one: is_stride(one) and one["number"] > before["number"] + 1)
        pod.reset()
        after = live.until(lambda one: one["type"] == "restarted")
        assert any(is_stride(one) for one in [*after, *live.until(is_stride)])
        live.interrupt()
        assert live.end()[0] == 130
    assert before["uptime_s"] > 0


def test_ctrl_c_ends_live_with_130_and_frees_the_port(walking, tool):
    pod = walking()
    at = tool(pod.url)
    with at.start("live", "--json") as live:
        live.until(is_stride)
        live.interrupt()
        code, err = live.end()
    assert code == 130
    assert live.rest[-1]["type"] == "end" and live.rest[-1]["summary"]["strides"] >= 1
    assert err.split() == ["interrupted"]
    scenarios.greets(at)


def test_sigterm_ends_live_like_ctrl_c(walking, tool):
    with tool(walking().url).start("live", "--json") as live:
        live.until(is_stride)
        live.process.send_signal(signal.SIGTERM)
        assert live.end()[0] == 130
    assert live.rest[-1]["type"] == "end"


def test_a_lap_of_the_button_is_shown_live_and_in_the_run(walking, tool):
    pod = walking()
    at = tool(pod.url)
    at.good("record", "start")
    with at.start("live", "--json") as live:
        live.until(is_stride)
        busy = at("record", "lap")
        assert busy.code == 3
        assert "in use" in busy.err and "button" in busy.err and "Ctrl-C" in busy.err
        pod.set_pin(0, 0)
        time.sleep(0.4)  # longer than the bounce of the button
        pod.set_pin(0, 1)
        (*_, lap) = live.until(lambda one: one["type"] == "event" and one["kind"] == "lap")
        live.interrupt()
        live.end()
    assert lap["lap"] == 1
    at.good("record", "stop")
    shown = checked("show", at.good("show", at.good("download", "--json").objects[0]["file"], "--json").out)
    (stored,) = [one for one in shown if one["type"] == "lap"]
    assert (stored["number"], stored["uptime_s"]) == (1, lap["uptime_s"])
    assert stored["wall_time"] is not None


def test_every_line_of_live_matches_its_schema(walking, tool):
    lines = checked("live", tool(walking().url).good("live", "--json", "--raw", "--strides", "2").out)
    assert {"stride", "raw", "end"} <= {line["type"] for line in lines}


def test_settings_clock_and_mount(walking, tool):
    at = tool(walking().url)
    at.good("config", "set", "name", "left one")
    at.good("config", "set", "side", "left")
    assert at.good("config", "get", "name", "--json").objects == [{"name": "left one"}]
    assert scenarios.greets(at)["pod"]["side"] == "left"
    refused = at("config", "set", "side", "upper")
    assert refused.code == 1
    assert "left" in refused.err
    assert at("config", "get", "nonsense").code == 1
    synced = at.good("time", "sync", "--json").objects[0]
    assert 0 < synced["error_s"] < 0.2
    assert scenarios.greets(at)["status"]["clock_state"] == "synced"
    assert at.good("mount", "--forget", "--json").objects[0]["state"] == "none"
    assert at.good("mount", "--given", "--json").objects[0]["state"] == "given"


def test_what_is_not_safely_here_is_not_erased(walking, tool):
    at = tool(walking().url)
    run = str(at.good("record", "start", "--json").objects[0]["run"])
    at.good("record", "stop")
    refused = at("erase", run)
    assert refused.code == 1
    assert f"retropod download {run}" in refused.err
    kept = at.store / at.good("download", run, "--json").objects[0]["file"]
    kept.write_bytes(kept.read_bytes()[:-1] + b"?")
    assert at("erase", run).code == 1
    at.good("erase", "--force", run)
    assert at.good("runs", "--json").out == ""


def test_over_a_socket_too(walking, tool):
    at = tool(walking(link="socket").url)
    scenarios.greets(at)
    assert any(is_stride(one) for one in at.good("live", "--json", "--strides", "2").objects)


@pytest.mark.parametrize("baud", [115200])
def test_over_a_line_as_slow_as_a_uart(walking, tool, baud):
    at = tool(walking(baud=baud).url)
    scenarios.greets(at)
    scenarios.survives_garbage(at)
    assert scenarios.streams_without_gaps(at, strides=3)["summary"]["strides"] == 3


def test_the_mount_is_learned_by_standing_still_and_walking(walking, tool):
    pod = walking(mount="none", go=False)
    at = tool(pod.url)
    assert at.good("mount", "--query", "--json").objects[0]["state"] == "none"
    with at.start("mount") as guided:
        told = guided.told("walk straight forward")  # The pod has stood still.
        pod.go()
        out, err = guided.process.communicate(timeout=PATIENCE_S)
    assert guided.process.returncode == 0, err
    assert "stand still" in told
    assert "verified" in out
    strides = [one for one in at.good("live", "--json", "--strides", "3").objects if is_stride(one)]
    assert {one["direction"] for one in strides} == {"forward"}
