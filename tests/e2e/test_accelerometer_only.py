"""The pod with an ADXL345 all the way: live, mount, record, download, replay, score."""

import json
import time

import numpy as np
import pytest

from e2e import scenarios
from e2e.tool import PATIENCE_S, is_stride
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.gaitmodel.recording import save_set


@pytest.fixture
def pod(walking, tool):
    """Walking, and the command line at its port."""
    return tool(walking(chip="adxl345").url)


def test_live_record_and_download(pod):
    said = pod.good("info", "--json").objects[0]
    assert said["pod"]["chip"] == "adxl345"
    assert "gyroscope" not in said["pod"]["capabilities"]
    strides = [one for one in pod.good("live", "--json", "--strides", "6").objects if is_stride(one)]
    assert len(strides) == 6
    assert {one["direction"] for one in strides} <= {"forward", "unknown"}
    assert sum(one["direction"] == "forward" for one in strides) >= 3
    assert all(one["yaw_deg"] is None and one["pitch_deg"] is None for one in strides)
    entry = scenarios.loses_no_run(pod, 6.0)
    assert entry["strides"] >= 3
    end = scenarios.streams_without_gaps(pod, strides=4)
    assert end["link"]["raw_samples"] > 400


def test_the_mount_is_learned_by_walking_and_kept_over_a_power_loss_by_walking_on(walking, tool):
    pod = walking(
        chip="adxl345", mount="none", go=False, speed=2.0, loop=True
    )  # At 4.0, a machine under load loses samples.
    at = tool(pod.url)
    with at.start("mount") as guided:
        told = guided.told("walk straight forward, briskly")  # The pod has stood still.
        pod.go()
        out, err = guided.process.communicate(timeout=PATIENCE_S)
    assert guided.process.returncode == 0, err
    assert "stand still" in told
    assert "verified" in out
    assert "toe axis" in out and "no gyroscope" in out
    pod.kill()
    pod.power_on()
    states = [at.good("mount", "--query", "--json").objects[0]["state"]]
    end = time.monotonic() + 60.0
    while states[-1] == "suspect" and time.monotonic() < end:
        states.append(at.good("mount", "--query", "--json").objects[0]["state"])
    assert states[0] == "suspect" and states[-1] == "verified"


def test_replay_and_score(tool, tmp_path, micropython):
    forward, backward = scenario("walk", 400.0, 2, strides=12), scenario("backward-walk", 400.0, 3, strides=12)
    save_set(tmp_path / "set", [forward, backward])
    called = {}
    for path in sorted((tmp_path / "set").glob("*.npz")):
        strides = tool().good("replay", str(path), "--chip", "adxl345", "--json").objects
        called[path.stem] = [one["direction"] for one in strides]
    for name, directions in called.items():
        right = "backward" if "backward" in name else "forward"
        assert set(directions) <= {right, "unknown"}, (name, directions)
        assert directions.count(right) >= 6, (name, directions)
    scored = json.loads(tool().good("score", str(tmp_path / "set"), "--chip", "adxl345", "--rate", "200", "--json").out)
    assert scored["conditions"]["chip"] == "adxl345"
    assert not scored["conditions"]["gyroscope"]
    assert not [one for one in scored["strides"] if one["called"] not in (one["label"], "unknown", None)]


def test_rate_that_outruns_its_fifo_is_refused_with_the_way_out(tool, tmp_path, micropython):
    held = scenario("walk", 400.0, 2, strides=3)
    path = tmp_path / "walk.npz"
    np.savez(path, acc=np.float32(held.acc), gyr=np.float32(held.gyr), fs=400.0)
    ran = tool()("replay", str(path), "--chip", "adxl345", "--rate", "400")
    assert ran.code == 1
    assert "400 Hz" in ran.err
    assert "200 Hz" in ran.err
