"""Results of several replays."""

import json
from pathlib import Path

import numpy as np
import pytest

import jsondocs
from host.strides import stride
from retropod.cli import run
from retropod.replay import replay
from retropod.replay.replay import Replayed, Setup
from retropod.replay.shares import as_json, shares
from retropod.virtual.source import Source
from retropod.wording import count

RATE_HZ = 100.0
WAYS = ["forward"] * 4 + ["unknown"] + ["backward"] * 3


def result(ways: list[str]) -> Replayed:
    """Return strides of 0.7 s in these directions, from 5 s of the recording on."""
    side = {"lateral": "left"}
    strides = [stride(at, sample=500 + at * 70, direction=way, side=side.get(way)) for at, way in enumerate(ways)]
    return Replayed(strides, RATE_HZ, 20.0, 1.0)


def test_shares_and_bouts_are_in_the_time_of_the_recording() -> None:
    made = result(WAYS)
    assert [(one[0].direction, one[0].uptime_s, one[-1].end_s) for one in shares(made)[1]] == [
        ("forward", 5.0, pytest.approx(7.8, abs=0.1)),
        ("backward", 8.5, pytest.approx(10.6, abs=0.1)),
    ]
    summary = as_json(made)
    assert summary["count"] == {"forward": 4, "backward": 3, "lateral": 0, "unknown": 1}
    assert summary["share"]["backward"] == 0.375 and summary["duration_s"] == 20.0
    assert jsondocs.faults("replay", json.dumps({"type": "summary", "file": "a", **summary})) == []


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three recordings, the second of them torn. Each of the others has the strides of `result`."""
    paths = [tmp_path / f"{name}.npz" for name in ("first", "torn", "last")]
    for path in paths:
        np.savez(path, acc=np.tile([0.0, 0.0, 9.81], (2000, 1)), gyr=np.zeros((2000, 3)), fs=RATE_HZ)
    paths[1].write_bytes(paths[1].read_bytes()[:100])

    def made(source: Source, setup: Setup, show: object) -> Replayed:
        for one in (found := result(WAYS)).strides:
            show(found, one)
        return found

    monkeypatch.setattr(replay, "replay", made)
    return list(map(str, paths))


def test_several_files_end_with_a_table(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["replay", *files])
    out, err = capsys.readouterr()
    assert code == 5 and "torn" in err and err.count("error:") == 1
    heading, *rows = (line.split() for line in out.split("\n\n")[-1].splitlines())
    assert heading == ["file", "direction", "strides", "share", "bouts", "m"]
    assert [row[:5] for row in rows] == [
        [name, *cells.split()]
        for name in (files[0], files[2])
        for cells in ("forward 4 50% 1", "backward 3 38% 1", "unknown 1 12% 0")
    ]


def test_one_file_ends_with_its_table(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", files[0]]) == 0
    table = capsys.readouterr().out.split("\n\n")[-1].splitlines()
    assert table[0].split()[0] == "direction" and len(table) == 4


def test_several_files_as_json(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", *files, "--json"]) == 5
    out = capsys.readouterr().out
    assert jsondocs.faults("replay", out) == []
    lines = [json.loads(line) for line in out.splitlines()]
    kinds = ["stride"] * len(WAYS) + ["summary"]
    assert [one.get("type") for one in lines] == [*kinds, *kinds, None]
    assert [one["file"] for one in lines] == [files[0]] * len(kinds) + [files[2]] * len(kinds) + [files[1]]
    assert lines[-1]["exit_code"] == 5


def test_several_failures_name_the_files(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", files[1], files[0], "nowhere.npz"]) == 5
    err = capsys.readouterr().err
    assert f"2 of 3 files failed: {files[1]}, nowhere.npz" in err and count(8, "stride") in err


def test_the_json_of_one_file_is_a_stride_a_line(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", files[0], "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["direction"] for one in lines] == WAYS
    assert all("type" not in one for one in lines)
