"""`replay`, `sim` and `demo` as a user starts them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import jsondocs
from e2e.tool import is_stride
from retropod.virtual.gaitmodel import scenario
from shared import scenario as shared


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """Two and a half seconds of standing, then walking."""
    held = scenario("walk", 208.0, 3, strides=16)
    path = tmp_path_factory.mktemp("recording") / "walk.npz"
    counts = np.round(held.acc / 0.01).astype(np.int16)
    np.savez(path, acc=counts, acc_lsb=0.01, gyr=np.float32(held.gyr), fs=208.0)
    return path


def test_replay_prints_a_stride_a_line(recording, tool, micropython):
    strides = tool().good("replay", str(recording), "--json").objects
    assert 14 <= len(strides) <= 16
    for one in strides:
        assert {"toe_off_s", "contact_s", "direction", "confidence", "contact_time_s", "length_m"} <= one.keys()
        assert one["direction"] == "forward"
        assert 0 < one["t0_s"] < one["toe_off_s"] < one["contact_s"] < one["t1_s"]
        assert 0 <= one["confidence"] <= 1
    assert all(one["cycle_s"] > 0 for one in strides[1:])


def test_replay_for_a_person_and_at_another_rate(recording, tool, micropython):
    ran = tool().good("replay", str(recording), "--rate", "200")
    assert ran.out.count("forward") >= 14
    assert "208.3 Hz" in ran.err
    assert "times real time" in ran.err


def test_replay_without_a_gyroscope_is_another_pod(recording, tool, micropython):
    strides = tool().good("replay", str(recording), "--json", "--no-gyro").objects
    assert len(strides) >= 13
    assert all(one["direction"] in ("forward", "unknown") for one in strides)
    assert all(one["length_m"] is None for one in strides)
    chosen = ("--no-gyro", "--chip", "lsm6dso32", "--rate", "208")
    instead = tool().good("replay", str(recording), *chosen)
    assert "adxl345 takes its place" in instead.err and "208.3 Hz" in instead.err
    named = tool().good("replay", str(recording), *chosen, "--json").objects
    assert abs(len(named) - len(strides)) <= 1
    assert all(one["length_m"] is None for one in named)


def test_the_results_of_several_recordings(recording, tool, tmp_path, micropython):
    (tmp_path / "torn.npz").write_bytes(recording.read_bytes()[:100])
    ran = tool()("replay", str(recording), str(tmp_path / "torn.npz"), str(recording), "--json")
    assert ran.code == 5 and "error: " in ran.err
    summaries = [one for one in ran.objects if one.get("type") == "summary"]
    assert [one["share"]["forward"] for one in summaries] == [1.0, 1.0]
    assert all(len(one["bouts"]) == 1 for one in summaries)
    assert [one["file"] for one in ran.objects if "error" in one] == [str(tmp_path / "torn.npz")]


def test_replay_of_a_table_in_other_units_and_axes(recording, tool, tmp_path, micropython):
    held = np.load(recording)
    columns = [held["acc"][:, axis] * sign / 980.665 for axis, sign in ((0, 1), (2, 1), (1, -1))]
    columns += [np.degrees(held["gyr"][:, axis]) * sign for axis, sign in ((0, 1), (2, 1), (1, -1))]
    path = tmp_path / "walk.csv"
    np.savetxt(path, np.column_stack(columns), "%.5f", ";", header="ax;ay;az;gx;gy;gz", comments="")
    refused = tool()("replay", str(path), "--fs", "208")
    assert refused.code == 2 and "--acc-unit g" in refused.err
    stated = ("replay", str(path), "--json", "--fs", "208", "--acc-unit", "g", "--gyr-unit", "deg/s")
    doubted = tool().good(*stated)
    assert "warning: gravity at rest is along y" in doubted.err
    right = tool().good("replay", "--axes", "x,-z,y", *stated[1:])
    assert right.err == "" and {one["direction"] for one in right.objects} == {"forward"}


def test_without_a_mount_no_direction_is_decided(recording, tool, micropython):
    strides = tool().good("replay", str(recording), "--json", "--mount", "none").objects
    assert {one["direction"] for one in strides} == {"unknown"}
    assert all("mount_unverified" in one["flags"] for one in strides)


def test_the_mount_check_in_a_replay(recording, tool, micropython):
    strides = tool().good("replay", str(recording), "--json", "--mount", "learn").objects
    assert [one["direction"] for one in strides[:5]] == ["unknown"] * 5
    assert strides[-1]["direction"] == "forward"


def test_sim_prints_its_port_and_ends_with_ctrl_c(recording, tool, micropython):
    with tool().start("sim", "--from", str(recording), "--json") as sim:
        (said,) = sim.until(lambda one: "port" in one)
        at = tool(said["port"])
        assert any(is_stride(one) for one in at.good("live", "--json", "--strides", "2").objects)
        sim.interrupt()
        assert sim.end()[0] == 130


def test_demo_compares_its_strides_with_the_truth(tool, micropython, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = tool().good("demo", "--json")
    found, written = ran.objects[-2:]
    assert found["type"] == "comparison"
    assert written["size_bytes"] == Path(written["report"]).stat().st_size > 10_000
    assert "backward" in tool().good("show", written["run"]).out
    real, right, wrong = (sum(row[name] for row in found["rows"]) for name in ("real", "right", "wrong"))
    assert real > 60
    assert right > 0.85 * real
    assert wrong <= 0.03 * real
    assert jsondocs.faults("demo", ran.out) == []
    fetched = next(one for one in ran.objects if one["type"] == "download")
    assert jsondocs.faults("demo", json.dumps({**fetched, "size": 1}))
    assert fetched["as_streamed"]


def test_demo_of_another_runner_at_another_speed(tool, micropython, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = tool().good("demo", "--seed", "7", "--speed", "15")
    usual, other = (f"{len(held.acc) / held.fs:.0f} s" for held in (shared("demo", 208.0, seed) for seed in (1, 7)))
    assert usual != other
    assert f"virtual pod: {other} of walking" in ran.err and "at 15 times real time" in ran.err
    (speed,) = re.findall(r"total speed: (\S+) times real time", ran.err)
    assert float(speed) <= 15.0
    report = Path("retropod-demo") / "report.html"
    assert ran.out.splitlines()[-2] == f"report  {report}: open it in a browser"
    assert report.is_file()
    for line in ran.err.partition("next:\n")[2].splitlines()[:2]:  # the third one runs until Ctrl-C
        tool().good(*line.split("  ")[1].split()[1:])


def test_demo_without_a_runtime_replays_a_capture(tool):
    script = (
        "import retropod.virtual.runtime as r\n"
        "from retropod.errors import OperationFailed\n"
        "def none(): raise OperationFailed('the virtual pod needs the MicroPython runtime, which is not installed')\n"
        "r.find_runtime = none\n"
        "from retropod.cli import main\nmain(['demo', '--json'])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    shown = [json.loads(line) for line in done.stdout.splitlines()]
    assert sum(is_stride(one) for one in shown) > 50
    assert shown[-1]["type"] == "comparison"
    assert len(done.stderr.splitlines()) <= 1
