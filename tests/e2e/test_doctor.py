"""`retropod doctor` and `retropod capture` as a person starts them."""

import io
import json
import time
import zipfile

import numpy as np
import pytest
import serial

import jsondocs
from firmware.podlife import until
from retropod.doctor.items import ITEMS

SPEED = 6.0
QUIET_S = 0.2  # the pod stops for an interrupt request only after 50 ms without input


@pytest.fixture
def pod(walking, tool):
    """A pod that stands still until the test starts its walk. Its time runs faster than ours."""
    virtual = walking(speed=SPEED, go=False)
    return virtual, tool(virtual.url)


def lines(out: str) -> dict[str, str]:
    """Verdict by item, as printed."""
    heads = [line for line in out.splitlines() if line.startswith("  ") and line[2] != " "]
    return {line[8:20].strip(): line[2:6].strip() for line in heads}


def examined(tool):
    """Run doctor. Return None if the pod skipped its self-test, because samples that were lost look like movement."""
    ran = tool("doctor", "--json")
    (verdict,) = [one["verdict"] for one in ran.objects[0]["results"] if one["item"] == "self_test"]
    return None if verdict == "skip" else ran


def test_a_line_each_with_verdict_and_fix(pod):
    virtual, tool = pod
    ran = tool.good("doctor")
    found = lines(ran.out)
    assert found["self test"] == found["gravity"] == found["app"] == "pass"
    assert found["battery"] == "skip"
    assert found["clock"] == "warn"
    assert "-> retropod time sync" in ran.out
    assert "\x1b" not in ran.out
    assert ran.err.splitlines()[-1].endswith("skipped")
    tool.good("time", "sync")
    virtual.inject("self_test", scale=0.02)
    ran = until(lambda: examined(tool))
    assert ran.code == 1
    assert ran.objects[0]["failed"] == 1
    results = {one["item"]: one for one in ran.objects[0]["results"]}
    assert list(results) == [name for name in ITEMS if name in results]  # in the order of the table
    assert results["self_test"]["verdict"] == "fail"
    assert len(results["self_test"]["rows"]) == 6
    assert "replace" in results["self_test"]["fix"]
    assert results["clock"] == {"item": "clock", "verdict": "pass", "text": "set since the start", "fix": None,
                                "rows": [{"verdict": "pass", "detail": "synced"}]}  # fmt: skip


def fails(ran, *words):
    assert ran.code == 1, ran
    assert "fail" in ran.out
    assert "-> " in ran.out
    for word in words:
        assert word in ran.out, (word, ran.out)


def test_no_such_port(tool):
    fails(tool("/dev/no-such-port")("doctor"), "/dev/no-such-port", "list --all")


def test_another_program_holds_the_port(pod):
    _, tool = pod
    with serial.serial_for_url(tool.port, exclusive=True):
        fails(tool("doctor"), "in use by another program", "close the other program")


def test_an_app_that_was_stopped(pod):
    _, tool = pod
    time.sleep(QUIET_S)
    with serial.serial_for_url(tool.port, exclusive=True) as port:
        port.write(b"\r\x03")
    ran = tool("doctor", "--json")
    (app,) = [one for one in ran.objects[0]["results"] if one["verdict"] == "fail"]
    assert ran.code == 1
    assert app["item"] == "app"
    assert app["fix"]


# -- capture -------------------------------------------------------------------------------------------------------


def held(path) -> tuple[dict, list, dict]:
    """The report, the messages, and the arrays of a capture by their names."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        report = json.loads(archive.read("capture.json"))
        messages = [json.loads(line) for line in archive.read("messages.jsonl").splitlines()]
        arrays = {}
        for name in ("raw.npz", "samples.npz"):
            if name in archive.namelist():
                arrays |= dict(np.load(io.BytesIO(archive.read(name))))
    return report, messages, arrays


def test_a_capture_holds_everything_and_is_replayed(pod, tmp_path, tool):
    virtual, at = pod
    at.good("config", "set", "wearer", "Someone")
    virtual.go()
    path = tmp_path / "report.zip"
    ran = at.good("capture", str(path), "--seconds", "0.8")  # five seconds of the pod: so long a lease lasts
    assert "--anonymous" in ran.err
    assert "Someone" in ran.err
    report, messages, arrays = held(path)
    assert report["settings"]["wearer"] == "Someone"
    assert {one["item"] for one in report["checks"]} >= {"sensor", "self_test", "rate", "heap"}
    assert report["mount"]["state"] == "given"
    assert report["samples"]["frame"] == "shoe"
    count, missing = report["samples"]["count"], report["samples"]["missing"]
    assert f"{count} samples" in ran.out
    assert f"{missing} missing" in ran.out
    assert len(arrays["index"]) == len(arrays["counts"]) == count == len(arrays["acc"]) - missing
    assert missing < count / 4  # none, but for a machine that is busy while the pod's time runs on
    assert report["samples"]["count"] > 0.5 * SPEED * 416
    assert 350 < arrays["fs"] < 480
    # the same samples in two shapes: counts of the chip, and units of the shoe
    places = arrays["index"] - arrays["index"][0]
    np.testing.assert_allclose(arrays["acc"][places], arrays["counts"][:, :3] * 976e-6 * 9.80665, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(arrays["gyr"][places], np.radians(arrays["counts"][:, 3:] * 0.07), rtol=1e-5, atol=1e-5)
    assert [one for one in messages if one["type"] == "stride"]
    strides = tool().good("replay", str(path), "--json").objects
    directions = {one["direction"] for one in strides}
    assert "forward" in directions
    assert directions <= {"forward", "unknown"}


def test_an_anonymous_capture_contains_no_names(pod, tmp_path):
    _, tool = pod
    tool.good("config", "set", "wearer", "Someone")
    tool.good("config", "set", "name", "myleftfoot")
    path = tmp_path / "report.zip"
    ran = tool.good("capture", str(path), "--seconds", "0", "--anonymous", "--json")
    assert ran.objects[0]["samples"] is None and jsondocs.faults("capture", ran.out) == []
    with zipfile.ZipFile(path) as archive:
        assert "samples.npz" not in archive.namelist()
        content = b"".join(archive.read(name) for name in archive.namelist())
    device = tool.good("info", "--json").objects[0]["pod"]["device_id"]
    for secret in (b"Someone", b"myleftfoot", device.encode()):
        assert secret not in content
    refused = tool("capture", str(path), "--seconds", "0")
    assert refused.code == 2
    assert "--force" in refused.err
    tool.good("capture", str(path), "--seconds", "0", "--force")
    assert held(path)[0]["settings"]["wearer"] == "Someone"
    assert [one.name for one in tmp_path.glob("*.zip")] == ["report.zip"]


def test_a_line_too_slow_goes_by_way_of_the_flash(walking, tool, tmp_path):
    virtual = walking(speed=SPEED, go=False)
    at = tool(virtual.url)
    at.good("config", "set", "line_rate", "19200")
    path = tmp_path / "report.zip"
    ran = at.good("capture", str(path), "--seconds", "1")
    assert "line is too slow" in ran.err
    report, _, arrays = held(path)
    assert report["samples"]["missing"] < 0.2 * len(arrays["acc"])
    assert len(arrays["acc"]) > 0.7 * SPEED * 416
    assert at.good("runs", "--json").objects == []  # the recording for the capture was erased
    # With an open run, raw samples are omitted and the rest is captured.
    at.good("record", "start")
    ran = at.good("capture", str(tmp_path / "second.zip"), "--seconds", "1")
    assert "already recording" in ran.err
    report, _, arrays = held(tmp_path / "second.zip")
    assert report["samples"] is None
    assert not arrays
    assert {one["item"]: one["verdict"] for one in report["checks"]}["self_test"] == "skipped"


def test_a_pod_without_a_sensor_is_captured_too(walking, tool, tmp_path):
    virtual = walking(speed=SPEED, go=False)
    virtual.inject("nack")
    at = tool(virtual.url)
    ran = at.good("capture", str(tmp_path / "report.zip"), "--seconds", "0.5")
    assert "no samples" in ran.out
    report, _, _ = held(tmp_path / "report.zip")
    assert {one["item"]: one["verdict"] for one in report["checks"]}["sensor"] == "fail"
    assert "sensor_lost" in [one["code"] for one in report["faults"]]


def test_files_that_cannot_be(tool, tmp_path):
    there = tmp_path / "there.zip"
    there.write_bytes(b"precious")
    for path, word in ((there, "already"), (tmp_path, "folder"), (tmp_path / "none" / "x.zip", "does not exist")):
        ran = tool("/dev/no-such-port")("capture", str(path))
        assert ran.code == 2, ran
        assert word in ran.err
        assert "hint:" in ran.err
    assert there.read_bytes() == b"precious"
