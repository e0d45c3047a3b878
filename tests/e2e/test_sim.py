"""`retropod sim` as a newcomer uses it: the other commands find it, and it moves when they need motion."""

import json
import re
import signal
from pathlib import Path
from statistics import mean

import numpy as np
import pytest

import jsondocs
from e2e.test_no_pod import fails
from firmware.podlife import until
from retropod.cli import run
from retropod.client.pod import Pod
from retropod.transport.serial import SerialTransport
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.pod import VirtualPod

STRIDES = 8  # of one round, at least


@pytest.fixture(scope="module")
def walk(tmp_path_factory) -> Path:
    """Standing, then twelve strides."""
    held = scenario("walk", 208.0, 3, strides=12)
    path = tmp_path_factory.mktemp("walk") / "walk.npz"
    np.savez(path, acc=np.float32(held.acc), gyr=np.float32(held.gyr), fs=208.0)
    return path


@pytest.fixture
def files(micropython, runtime_folder) -> Path:
    """Folder of the files of the running pods."""
    return runtime_folder / "retropod" / "virtual"


def announced(sim) -> dict:
    """The line that a sim prints when it is ready."""
    (said,) = sim.until(lambda one: "port" in one)
    assert jsondocs.faults("sim", json.dumps(said)) == []
    return said


def test_the_other_commands_find_it_and_it_moves_as_long_as_it_runs(tool, walk, files):
    at = tool()
    with at.start("sim", "--json", "--from", str(walk), "--speed", "8") as sim:
        said = announced(sim)
        assert (said["found"], said["loop"], said["wait"]) == (True, True, True)
        ran = at.good("list", "--json")
        assert jsondocs.faults("list", ran.out) == []
        (listed,) = ran.objects
        assert (listed["port"], listed["virtual"]) == (said["port"], True)
        assert listed["pod"]["device_id"] == said["pod"]["device_id"]
        ran = at.good("info", "--json")
        assert jsondocs.faults("info", ran.out) == []
        assert ran.objects[0]["virtual"]
        assert ran.objects[0]["status"]["strides"] == 0, "it waits"
        assert ran.objects[0]["status"]["battery_v"] is None
        ran = at.good("live", "--json", "--strides", str(3 * STRIDES), "--seconds", "60")
        assert sum(one["type"] == "stride" for one in ran.objects) == 3 * STRIDES, "more than one round"
        assert ran.objects[-1]["link"]["lost_strides"] == 0, "the lease runs down eight times as fast"
        at("record", "stop")  # On a busy machine, the pod has started a run automatically.
        ran = at.good("record", "start")
        assert f"using the virtual pod at {said['port']}" in ran.err
        ran = at.good("info")
        assert f"{said['port']} (virtual pod)" in ran.out
        assert "unknown" not in ran.out
        assert jsondocs.faults("info", at.good("info", "--json").out) == []
        at.good("record", "stop")
        assert "retropod live --port" not in ran.err
        sim.interrupt()
        assert sim.end()[0] == 130
    assert list(files.iterdir()) == []
    fails(at("info"), 3, "no pod found", "retropod sim")


def test_two_shoes_have_two_pods(tool, walk, files):
    at = tool()
    left_is = ("sim", "--json", "--name", "left foot", "--side", "left", "--id", "02:00:5e:00:00:07")
    with at.start(*left_is) as left, at.start("sim", "--json", "--socket") as right:
        ports = [announced(sim)["port"] for sim in (left, right)]
        listed = {one["port"]: one["pod"] for one in at.good("list", "--json").objects}
        assert list(listed) == sorted(ports)
        assert (listed[ports[0]]["name"], listed[ports[0]]["side"]) == ("left foot", "left")
        assert listed[ports[0]]["device_id"] == "02005e0000070000"
        assert listed[ports[1]]["device_id"] != listed[ports[0]]["device_id"]
        fails(at("info"), 3, "2 pods answer", "(virtual)", "--port")
        assert "left foot" in tool(ports[0]).good("info").out, "RETROPOD_PORT names one"
        (only,) = at.good("list", "--json", "--port", ports[1]).objects
        assert only["port"] == ports[1]
        (only,) = tool(ports[0]).good("list", "--json").objects
        assert only["pod"]["name"] == "left foot"
        left.process.send_signal(signal.SIGTERM)
        assert left.end()[0] == 143
        right.process.send_signal(signal.SIGHUP)
        right.end()
    assert list(files.iterdir()) == []


def test_the_state_folder_keeps_identity_and_runs(tool, walk, micropython, tmp_path):
    at = tool()
    arguments = ("sim", "--json", "--state", str(tmp_path / "pod"), "--from", str(walk))
    with at.start(*arguments, "--name", "mine", "--side", "right") as sim:
        first = announced(sim)["pod"]
        at.good("record", "start")
        at.good("record", "stop")
        fails(at(*arguments), 1, "another virtual pod uses", "--state")
    with at.start(*arguments) as sim:
        assert announced(sim)["pod"] == first
        assert first["name"] == "mine"
        assert len(at.good("runs", "--json").objects) == 1


def test_it_may_move_at_once_and_only_once(tool, walk, micropython):
    at = tool()
    with at.start("sim", "--json", "--from", str(walk), "--speed", "8", "--now", "--once") as sim:
        said = announced(sim)
        assert (said["loop"], said["wait"]) == (False, False)
        assert until(lambda: at.good("info", "--json").objects[0]["status"]["strides"] >= STRIDES)


def test_another_runner_sensor_mount_app_and_line(tool, micropython):
    at = tool()
    words = "sim --json --from stairs --seed 7 --chip mpu6500 --mount none --installed --uart --baud 19200"
    with at.start(*words.split()) as sim:
        said = announced(sim)
        usual, other = (round(len(held.acc) / held.fs, 1) for held in (scenario("stairs", 208.0, n) for n in (1, 7)))
        assert usual != said["lasts_s"] == other
        info = at.good("info", "--json").objects[0]
        assert (info["pod"]["chip"], info["status"]["mount"]) == ("mpu6500", "none")
        results = {one["item"]: one for one in at("doctor", "--json").objects[0]["results"]}
        assert results["slot"]["text"] == "app_a"
        assert results["line"]["rows"][0]["bytes_per_s"] < 2 * 19200 / 10, "the pod without --uart sends 20 kB/s"


def test_a_pod_with_a_battery_moves_at_once_unless_it_waits(tool, walk, micropython):
    at = tool()
    words = ("sim", "--json", "--from", str(walk), "--speed", "8", "--battery", "3.9")
    with at.start(*words) as sim:
        assert not announced(sim)["wait"]
        assert until(lambda: at.good("info", "--json").objects[0]["status"]["strides"] >= STRIDES)
        assert at.good("info", "--json").objects[0]["status"]["battery_v"] == pytest.approx(3.9, abs=0.05)
    with at.start("sim", "--wait", "--loop", *words[1:]) as sim:
        said = announced(sim)
        assert (said["loop"], said["wait"]) == (True, True)
        assert until(lambda: at.good("info", "--json").objects[0]["status"]["uptime_s"] > 8 * said["lasts_s"])
        assert at.good("info", "--json").objects[0]["status"]["strides"] == 0
        ran = at.good("live", "--json", "--strides", str(2 * STRIDES), "--seconds", "60")
        assert sum(one["type"] == "stride" for one in ran.objects) == 2 * STRIDES, "more than one round"


def test_the_time_of_a_processor(micropython, runtime_folder, monkeypatch, capsys):
    seen = {}

    def end(pods: list[VirtualPod], waits: bool) -> None:
        (pod,) = pods
        seen.update(pod.time_spent() | pod.counts())
        with Pod(SerialTransport(pod.url)) as client:
            seen.update(client.settings("line_rate"))
        raise KeyboardInterrupt

    monkeypatch.setattr("retropod.cli.sim._run", end)
    assert run(["sim", "--json", "--from", "stairs", "--cost", "esp32"]) == 130, capsys.readouterr().err
    assert seen["cpu_s"] > 0.0 and seen["flash_s"] > 0.0
    assert any(path.startswith("/app_a/") for path in seen["opens"]), "it implies --installed"
    assert seen["line_rate"] == -1, "it implies --uart"


def test_a_pair_walks_in_step_with_the_chosen_asymmetry(tool, micropython):
    at = tool()
    words = ("sim", "--json", "--pair", "--contact-offset", "40", "--from", "walk", "--speed", "4")
    with at.start(*words) as sim:
        left, right = sim.until(lambda one: one["pod"]["side"] == "right")
        assert [one["pod"]["side"] for one in (left, right)] == ["left", "right"]
        wearers = [tool(one["port"]).good("config", "get", "wearer").out for one in (left, right)]
        assert all(re.search(r"^wearer +virtual ", one, re.MULTILINE) for one in wearers), (
            "the feet of one person are compared"
        )
        assert left["pod"]["device_id"] != right["pod"]["device_id"]
        with tool(left["port"]).start("live", "--json", "--strides", "14") as other:
            strides = [one for one in tool(right["port"]).good("live", "--json", "--strides", "14").objects
                       if one["type"] == "stride"]  # fmt: skip
            other.end()
        contact = [mean(one["contact_time_s"] for one in of[3:] if one["contact_time_s"])
                   for of in ([one for one in other.rest if one["type"] == "stride"], strides)]  # fmt: skip
    assert contact[1] - contact[0] == pytest.approx(0.04, abs=0.012)
    fails(at("sim", "--contact-offset", "5"), 2, "--contact-offset", "--pair")
    fails(at("sim", "--pair", "--side", "left"), 2, "--side")


def test_a_recording_of_one_foot_is_not_a_pair(tool, walk, micropython):
    fails(tool()("sim", "--pair", "--from", str(walk)), 2, "one foot", "--pair")


def test_a_port_of_a_command_that_is_not_a_pod(tool):
    ran = tool()("list", "--port", "/dev/no-such-port", "--json")
    assert ran.code == 3
    assert "error: there is no port /dev/no-such-port" in ran.err
    assert jsondocs.faults("list", ran.out) == []
    assert ran.objects[0]["error"] == "there is no port /dev/no-such-port"


def test_unusable_options(tool):
    fails(tool()("sim", "--id", "left"), 2, "left", "hexadecimal")
    fails(tool()("sim", "--side", "both"), 2, "both")
