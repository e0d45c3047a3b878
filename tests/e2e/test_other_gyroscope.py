"""The pod with an MPU-6050, whose FIFO counts nothing and whose bytes come the other way round, all the way."""

import json

from e2e import scenarios
from e2e.tool import is_stride
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.gaitmodel.recording import save_set


def test_live_record_and_download(walking, tool):
    pod = tool(walking(chip="mpu6050").url)
    said = pod.good("info", "--json").objects[0]
    assert said["pod"]["chip"] == "mpu6050"
    assert "gyroscope" in said["pod"]["capabilities"]
    strides = [one for one in pod.good("live", "--json", "--strides", "3").objects if is_stride(one)]
    assert [one["direction"] for one in strides] == ["forward"] * 3
    assert all(0.5 < one["length_m"] < 2.0 and one["pitch_deg"] is not None for one in strides)
    assert scenarios.loses_no_run(pod, 2.5)["strides"] >= 1


def test_replay_and_score(tool, tmp_path, micropython):
    held = [scenario("walk", 500.0, 2, strides=12), scenario("backward-walk", 500.0, 3, strides=12)]
    save_set(tmp_path / "set", held)
    for path in sorted((tmp_path / "set").glob("*.npz")):
        strides = tool().good("replay", str(path), "--chip", "mpu6050", "--json").objects
        right = "backward" if "backward" in path.stem else "forward"
        directions = [one["direction"] for one in strides]
        assert set(directions) <= {right, "unknown"}, (path.stem, directions)
        assert directions.count(right) >= 9, (path.stem, directions)
    scored = json.loads(tool().good("score", str(tmp_path / "set"), "--chip", "mpu6050", "--rate", "333", "--json").out)
    assert scored["conditions"]["chip"] == "mpu6050"
    assert scored["conditions"]["gyroscope"]
    assert not [one for one in scored["strides"] if one["called"] not in (one["label"], "unknown", None)]
