"""Errors of the command line without a pod, or with unusable files."""

import os
import pty

import numpy as np
import pytest


@pytest.fixture
def mute():
    """Open a pseudo-terminal on which nothing answers."""
    master, slave = pty.openpty()
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


def fails(ran, code, *words):
    assert ran.code == code, ran
    lines = ran.err.strip().splitlines()
    error, hint = lines[-2:]
    assert error.startswith("error: ")
    assert hint.startswith("hint: ")
    assert ran.out == ""
    for word in words:
        assert word in ran.err


@pytest.mark.parametrize("command", [["info"], ["live"], ["record", "start"], ["runs"], ["download"], ["time", "sync"]])
def test_no_such_port(tool, command):
    fails(tool("/dev/no-such-port")(*command), 3, "/dev/no-such-port")


def test_no_answer_at_the_port(tool, mute):
    fails(tool(mute)("info"), 3, "no answer")


def test_no_answer_at_the_socket(tool):
    fails(tool("socket://127.0.0.1:9")("info"), 3, "nothing answers")


def test_an_invalid_port(tool, tmp_path):
    fails(tool("nonsense://x")("info"), 2, "not a port")
    fails(tool(str(tmp_path))("info"), 3, "not a serial port")
    fails(tool(__file__)("info"), 3, "not a serial port")


def test_no_permission(tool, tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may open everything")
    forbidden = tmp_path / "port"
    forbidden.touch(mode=0)
    fails(tool(str(forbidden))("info"), 1, "permission")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["nonsense"], 2), (["live", "--nonsense"], 2), (["record"], 2), (["record", "pause"], 2), (["show"], 2)],
)
def test_usage(tool, arguments, code):
    fails(tool()(*arguments), code, "--help")


def test_a_file_that_is_not_there(tool, tmp_path):
    fails(tool()("replay", str(tmp_path / "none.npz")), 2, "none.npz")
    fails(tool()("show", "17"), 2, "17")
    fails(tool()("score", str(tmp_path / "none")), 2, "none")


@pytest.mark.parametrize("content", [b"", b"text\n", b"PK\x03\x04 no zip", bytes(5000)])
def test_invalid_files(tool, tmp_path, content):
    for name in ("bad.npz", "bad.rpr"):
        (tmp_path / name).write_bytes(content)
    fails(tool()("replay", str(tmp_path / "bad.npz")), 5, "bad.npz")
    fails(tool()("show", str(tmp_path / "bad.rpr")), 5, "bad.rpr")


@pytest.mark.parametrize(
    "arrays",
    [
        {"gyr": np.zeros((10, 3)), "fs": 100.0},
        {"acc": np.zeros((10, 2)), "fs": 100.0},
        {"acc": np.zeros((0, 3)), "fs": 100.0},
        {"acc": np.zeros((10, 3)), "fs": 0.0},
        {"acc": np.full((10, 3), np.nan), "fs": 100.0},
        {"acc": np.zeros((10, 3)), "gyr": np.zeros((9, 3)), "fs": 100.0},
        {"acc": np.array(["a"] * 3), "fs": 100.0},
    ],
    ids=["no acc", "two axes", "empty", "no rate", "not numbers", "lengths differ", "text"],
)
def test_invalid_recordings(tool, tmp_path, arrays):
    np.savez(tmp_path / "odd.npz", **arrays)
    fails(tool()("replay", str(tmp_path / "odd.npz")), 5, "odd.npz")


def test_invalid_sets(tool, tmp_path):
    fails(tool()("score", str(tmp_path)), 2, "no recordings")
    np.savez(tmp_path / "a_1.npz", acc=np.zeros((100, 3)), fs=104.0)
    fails(tool()("score", str(tmp_path)), 2, "strides.csv")
    for text, word in (
        ("recording,t0_s,t1_s,label\na_1,1,2,upward\n", "strides.csv:2"),
        ("recording,t0_s,t1_s,label\na_1,2,1,forward\n", "strides.csv:2"),
        ("recording,t0_s,t1_s,label\na_1,1,x,forward\n", "strides.csv:2"),
        ("recording,t0_s,t1_s,label\na_1,1,2,forward\n", "a_1 has no gyroscope"),
    ):
        (tmp_path / "strides.csv").write_text(text)
        fails(tool()("score", str(tmp_path), "--rate", "104"), 5, word)


def test_a_recording_that_only_labels_name(tool, tmp_path):
    """The other recordings are scored."""
    np.savez(tmp_path / "a_1.npz", acc=np.zeros((100, 3)), fs=104.0)
    (tmp_path / "strides.csv").write_text("recording,t0_s,t1_s,label\nb_1,1,2,forward\n")
    ran = tool()("score", str(tmp_path), "--rate", "104", "--no-gyro", "--json")
    assert ran.code == 5
    assert [one["recording"] for one in ran.objects[0]["failed"]] == ["b_1"]
    assert "error: 1 of the recordings could not be scored: b_1" in ran.err


def test_help_version_and_list(tool):
    assert "live" in tool().good("--help").out
    assert tool().good("--version").out.startswith("retropod ")
    for command in ("demo", "sim", "list", "info", "live", "record", "runs", "download", "erase", "show", "replay",
                    "score", "mount", "config", "time", "doctor", "capture"):  # fmt: skip
        assert tool().good(command, "--help").out.startswith("Usage:")


def test_a_closed_pipe_is_not_an_error(tool):
    import subprocess
    import sys

    script = f"{sys.executable} -c 'from retropod.cli import main; main()' --help | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""
