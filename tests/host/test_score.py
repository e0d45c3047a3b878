"""The scorer's arithmetic, checked by hand and by simulation. The engine alone and the whole pod give equal strides."""

import csv
import json
import random
import sys

import numpy as np
import pytest

import commands
import jsondocs
from retropod.cli.score import nearest
from retropod.errors import DamagedData, OperationFailed
from retropod.recording import load
from retropod.replay.replay import Setup, replay, source_of
from retropod.score import labels, timing
from retropod.score.calibration import calibration, ece
from retropod.score.figures import figures
from retropod.score.intervals import bootstrap, poisson, wilson
from retropod.score.label_check import impossible, swings
from retropod.score.labels import Label
from retropod.score.matching import DetectedStride, match
from retropod.score.run import Conditions, engine_strides, score
from retropod.score.table import blocks
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.gaitmodel.recording import save_set


def standing(samples):
    return np.tile([0.0, 0.0, 9.81], (samples, 1))


def label(start, way="forward", recording="a_1", **changes):
    values = {"gait": "walk", "truth": "model", "length_m": 1.0, "yaw_deg": 0.0, **changes}
    return Label(recording, start, start + 1.0, way, **values)


def found(middle, way="forward", confidence=0.9, length_m=1.1):
    return DetectedStride(middle - 0.1, middle + 0.1, way, confidence, length_m)


def test_a_stride_belongs_to_the_label_that_holds_the_middle_of_its_swing():
    claimed = [label(10.0), label(11.0), label(12.0, "backward")]
    strides = [found(5.0), found(10.5), found(10.9, "backward"), found(12.2, "backward"), found(20.0)]
    result = match("a_1", claimed, strides, [(4.0, 6.0)])
    assert [answer.middle_s if answer else None for _, answer in result.pairs] == [
        pytest.approx(10.5),
        None,
        pytest.approx(12.2),
    ]
    assert [stride.direction for _, stride in result.extra] == ["backward"]
    assert len(result.in_still) == 1
    assert len(result.outside) == 1
    assert (result.still_s, result.forward_s) == (2.0, 2.0)


def test_figures_count_what_was_found_and_what_it_was_called():
    claimed = [label(float(start)) for start in range(10)]
    ways = ["forward"] * 7 + ["backward", "unknown"]
    strides = [found(start + 0.5, way) for start, way in enumerate(ways)]
    result = figures([match("a_1", claimed, strides, [])])
    (group,) = result["groups"]
    assert (group["recall"]["hits"], group["recall"]["of"]) == (9, 10)
    assert (group["right"]["hits"], group["right"]["of"]) == (7, 8)
    assert group["unknown"]["share"] == pytest.approx(1 / 9)
    assert group["called"] == {"forward": 7, "backward": 1, "lateral": 0, "unknown": 1}
    (one,) = result["sets"]
    assert one["false_backward_per_hour"]["count"] == 1
    assert one["false_backward_per_hour"]["per_hour"] == pytest.approx(360)
    (length,) = result["lengths"]
    assert length["bias_m"] == pytest.approx(0.1)
    assert length["bias_share"] == pytest.approx(0.1)


def test_an_extra_stride_called_backward_counts_as_false_backward():
    result = figures([match("a_1", [label(0.0)], [found(0.3), found(0.6, "backward")], [])])
    assert result["sets"][0]["false_backward_per_hour"]["count"] == 1
    assert result["sets"][0]["extra"] == 1


def test_sideways_is_one_direction_and_a_turning_stride_a_group_of_its_own():
    claimed = [label(0.0, "lateral_left"), label(1.0, yaw_deg=-75.0)]
    result = figures([match("a_1", claimed, [found(0.5, "lateral")], [])])
    assert {group["group"] for group in result["groups"]} == {"lateral/walk", "forward/walk turning"}


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)]
)
def test_wilson_as_published(hits, of, low, high):
    assert wilson(hits, of) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)])
def test_poisson_as_published(count, low, high):
    assert poisson(count) == pytest.approx((low, high), abs=1e-3)


def test_the_bootstrap_draws_whole_recordings():
    alike = [[1.0] * 50, [3.0] * 50]
    low, high = bootstrap(alike, lambda drawn: float(np.mean(drawn)))
    assert (low, high) == (1.0, 3.0)
    assert bootstrap(alike[:1], lambda drawn: 0.0) is None
    assert bootstrap([alike[0], []], lambda drawn: 0.0) is None


def test_calibration_of_a_right_and_of_an_excessive_confidence():
    chance = random.Random(1)
    honest = [[(level, chance.random() < level) for level in (0.55, 0.75, 0.93) * 100] for _ in range(5)]
    boasting = [[(0.995, chance.random() < 0.7) for _ in range(300)]]
    assert calibration(honest)["ece"] < 0.04
    assert calibration(boasting)["ece"] == pytest.approx(0.295, abs=0.05)
    assert calibration(honest)["brier"] < calibration(honest)["brier_constant"]
    assert calibration(boasting)["brier"] > calibration(boasting)["brier_constant"]
    assert ece([]) is None


def test_dropping_the_least_sure_tenth_drops_the_errors_that_hide_there():
    strides = [(0.5, False)] * 10 + [(0.99, True)] * 90
    assert calibration([strides])["least_sure_tenth"] == {"errors": 10, "errors_without": 0}


def test_timing_errors_by_hand():
    marked = [timing.Marked(start, start + 0.5) for start in (1.0, 2.0, 3.0)]
    strides = [DetectedStride(1.010, 1.480, "forward", 0.9), DetectedStride(2.020, 2.520, "forward", 0.9)]
    result = timing.timing([timing.errors(marked, strides)])
    assert (result["events"], result["found"]) == (3, 2)
    assert result["toe_off"]["median_s"] == pytest.approx(0.015)
    assert result["contact"]["median_s"] == pytest.approx(0)
    assert result["contact"]["abs_s"] == pytest.approx(0.02)


def test_a_mark_that_the_recording_denies_is_refused(tmp_path):
    fs, marks = 100.0, np.array([[100, 140], [200, 240], [300, 340], [560, 620]])
    turning = np.zeros((600, 3))
    turning[100:141, 1] = 4.0  # a swing where one is marked
    turning[245:295, 1] = 4.0  # a swing next to its mark
    turning[300:341, 1] = 0.4  # a foot that hardly turns
    stored = {"acc": standing(600), "fs": fs, "events": marks}
    np.savez(tmp_path / "a.npz", gyr=turning, **stored)
    refused = [one.refused for one in timing.events(load(tmp_path / "a.npz"))]
    assert refused == ["", "no swing there", "no swing there", "beyond the end"]
    turning[200:241, 1] = 1.2  # a step in a turn: slower than its neighbours, but never still
    np.savez(tmp_path / "c.npz", gyr=turning, **stored)
    assert [one.refused for one in timing.events(load(tmp_path / "c.npz"))] == [
        "",
        "",
        "no swing there",
        "beyond the end",
    ]
    np.savez(tmp_path / "b.npz", **stored)  # without a gyroscope
    assert [one.refused for one in timing.events(load(tmp_path / "b.npz"))] == ["", "", "", "beyond the end"]


def test_a_label_that_turns_more_than_the_gyroscope_is_refused(tmp_path):
    fs, turning = 100.0, np.zeros((400, 3))
    turning[100:200, 0] = -0.5  # 29 degrees about one axis, and as much about another
    turning[200:300, 1] = 0.5
    claimed = [label(0.0), label(1.0, yaw_deg=-56.0), label(2.0, yaw_deg=59.0), label(3.0, yaw_deg=-9.0)]
    path = tmp_path / "a.npz"
    np.savez(path, acc=standing(400), gyr=turning / 0.01, gyr_lsb=0.01, fs=fs)
    assert impossible(claimed, load(path)) == {claimed[2], claimed[3]}
    np.savez(path, acc=standing(400), fs=fs)  # without a gyroscope
    assert impossible(claimed, load(path)) == set()


def test_extra_strides_are_compared_with_the_swings_that_the_gyroscope_shows(tmp_path):
    fs, turning = 100.0, np.zeros((600, 3))
    for start in (110, 155, 310):
        turning[start : start + 30, 1] = 4.0
    turning[410:425, 1] = 4.0
    turning[430:440, 1] = 4.0  # after a pause too short to separate two swings
    turning[500:550, 1] = 1.2  # a foot that rolls
    np.savez(tmp_path / "a.npz", acc=standing(600), gyr=turning, fs=fs)
    seen = swings(load(tmp_path / "a.npz"))
    assert seen == pytest.approx([1.25, 1.7, 3.25, 4.25], abs=0.02)
    strides = [found(middle) for middle in (1.25, 1.7, 3.25, 3.6)]
    result = match("a_1", [label(1.0), label(3.0)], strides, [])
    result.swings_s = seen
    (one,) = figures([result])["sets"]
    assert (one["extra"], one["extra_unseen"]) == (2, 1)


def test_extra_strides_in_denied_labels_are_counted_separately():
    claimed = [label(10.0), label(11.0)]
    result = match("a_1", claimed, [found(10.2), found(10.8), found(11.2), found(11.8)], [])
    result.denied_s = [11.5]
    (one,) = figures([result])["sets"]
    assert (one["extra"], one["denied"], one["extra_held"], one["extra_held_per_100"]) == (2, 1, 1, 100.0)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """Two model recordings with their truth, one of them with marked events."""
    folder = tmp_path_factory.mktemp("set")
    rows = []
    for name, seed in (("model_demo", 1), ("model_mixed", 2)):
        held = scenario(name.removeprefix("model_"), 416.6875, seed)
        events = np.array([[one.toe_off_s, one.contact_s] for one in held.strides]) * held.fs
        np.savez(folder / f"{name}.npz", acc=np.float32(held.acc), gyr=np.float32(held.gyr), fs=held.fs, events=events)
        rows += [one.row(name) for one in held.strides]
    with (folder / "strides.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    (folder / "still.csv").write_text("recording,t0_s,t1_s\nmodel_demo,0.2,2.4\n")
    return folder


def test_a_set_is_scored_and_printed(labelled, micropython):
    scored = score(labelled, Conditions(rate_hz=208.0))
    assert sum(group["n"] for group in scored["groups"]) == len((labelled / "strides.csv").read_text().splitlines()) - 1
    assert scored["timing"][0]["share"] > 0.9
    text = str([rows for _, rows, _ in blocks(scored)])
    for word in ("backward/walk", "sideways/walk", "toe_off"):
        assert word in text
    assert score(labelled, Conditions(rate_hz=416.0))["left_out"] == []


def test_labels_from_a_spreadsheet(labelled, tmp_path, micropython):
    for path in labelled.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    plain = labels.read(labelled)
    for separator, decimal in ((";", ","), ("\t", ","), (";", ".")):
        for name in ("strides.csv", "still.csv"):
            text = (labelled / name).read_text().replace(",", separator).replace(".", decimal).replace("\n", "\r\n")
            (tmp_path / name).write_bytes(text.encode("utf-8-sig"))
        again = labels.read(tmp_path)
        assert (again.labels, again.still) == (plain.labels, plain.still)
    (tmp_path / "strides.csv").write_text("recording,t0_s,t1_s,label\nmodel_demo,0,1,forward,surplus,cells\n")
    assert [one.label for one in labels.read(tmp_path).labels] == ["forward"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [("strides.csv", "recording,t0_s,label\n", "columns t1_s are missing, it has recording, t0_s, label"),
     ("strides.csv", "", "is empty"), ("strides.csv", "\n", "are missing, it has none"),
     ("still.csv", "a;b\n1;2\n", "columns recording, t0_s, t1_s are missing, it has a, b"),
     ("strides.csv", "recording,t0_s,t1_s,label\nmodel_demo,0,x,forward\n", ":2: t1_s is not a number"),
     ("strides.csv", "recording,t0_s,t1_s,label\nmodel_demo,0,1,ahead\n", ":2: unknown label"),
     ("strides.csv", "recording,t0_s,t1_s,label\n\xff\xfe", "UTF-8")],
)  # fmt: skip
def test_labels_that_cannot_be_read(labelled, tmp_path, name, text, words):
    for path in labelled.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / name).write_bytes(text.encode("latin-1"))
    with pytest.raises(DamagedData) as caught:
        labels.read(tmp_path)
    assert words in caught.value.message and str(tmp_path / name) in caught.value.message and caught.value.hint


def test_one_recording_that_fails_does_not_end_the_scoring(labelled, tmp_path, micropython):
    for path in labelled.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    whole = (labelled / "model_demo.npz").read_bytes()
    (tmp_path / "model_torn.npz").write_bytes(whole[: len(whole) // 2])
    np.savez(tmp_path / "model_accel.npz", acc=standing(600), fs=416.0)
    with (tmp_path / "strides.csv").open("a") as file:
        file.write("model_lost,0,1,forward" + "," * 10 + "\n")
    code, out, err = commands.run("retropod", "score", tmp_path, "--json")
    scored = json.loads(out, parse_constant=pytest.fail)
    assert code == 5
    assert [one["recording"] for one in scored["failed"]] == ["model_accel", "model_lost", "model_torn"]
    assert {one["recording"] for one in scored["strides"]} == {"model_demo", "model_mixed"}
    assert err.count("was not scored") == 3 and "error: 3 of the recordings" in err
    assert jsondocs.faults("score", out) == []


@pytest.fixture
def mislabelled(tmp_path):
    """Twelve strides forward. The label of one of them is backward."""
    save_set(tmp_path, [scenario("walk", 208.0, 2, strides=12)])
    rows = list(csv.DictReader((tmp_path / "strides.csv").read_text().splitlines()))
    rows[5]["label"] = "backward"
    with (tmp_path / "strides.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return tmp_path, rows[5]


def test_a_slow_set_is_left_out_unless_its_rate_is_raised(tmp_path, micropython):
    for name, rate_hz in (("slow", 100.0), ("fast", 208.0)):
        save_set(tmp_path / name, [scenario("walk" if name == "slow" else "jog", rate_hz, 2, strides=12)])
    folders = tmp_path / "fast", tmp_path / "slow"
    code, out, _ = commands.run("retropod", "score", *folders, "--json")
    scored = json.loads(out)
    assert (code, len(scored["sets"]), len(scored["left_out"])) == (0, 1, 1)
    assert jsondocs.faults("score", out) == []
    raised = score(folders[0], Conditions(), folders[1], as_replay=True)
    assert raised["left_out"] == []
    hits = {one["set"]: one["recall"]["hits"] for one in raised["persons"]}
    assert min(hits.values()) >= 10 and len(hits) == 2


@pytest.mark.parametrize(
    ("chip", "asked_hz", "rate_hz"), [("lsm6dso32", 200, 208), ("adxl345", 208, 200), ("mpu6050", 333, 333)]
)
def test_the_rate_is_one_of_the_chip(chip, asked_hz, rate_hz):
    assert nearest(chip, asked_hz) == rate_hz


def test_mistakes_are_listed(mislabelled, micropython):
    folder, row = mislabelled
    code, out, err = commands.run("retropod", "score", folder, "--mistakes")
    assert (code, err) == (0, "")
    heading, *listed = [line.split() for line in out.split("\n\n")[-1].splitlines()]
    assert heading[0] == "recording" and [one[:1] + one[2:4] for one in listed] == [
        [row["recording"], f"backward/{row['gait']}", "forward"]
    ]
    assert float(listed[0][1]) == pytest.approx(float(row["t0_s"]), abs=0.01)
    code, plain, _ = commands.run("retropod", "score", folder)
    assert out.startswith(plain.rstrip()) and len(plain) < len(out)


def test_tables_are_scored_with_the_stated_units_axes_and_rate(labelled, tmp_path, micropython):
    for path in labelled.glob("*.npz"):
        held = np.load(path)
        turned = np.hstack([held["acc"] / 9.80665, np.degrees(held["gyr"])])[:, [1, 0, 2, 4, 3, 5]] * ([-1, 1, 1] * 2)
        names = "acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z"
        np.savetxt(tmp_path / f"{path.stem}.csv", turned, "%.5f", ",", header=names, comments="")
    (tmp_path / "strides.csv").write_bytes((labelled / "strides.csv").read_bytes())
    (tmp_path / "notes.csv").write_text("day,ground\n1,grass\n")
    words = ["score", "--acc-unit", "g", "--gyr-unit", "deg/s", "--axes", "y,-x,z", "--fs", "416.6875", "--json"]
    code, out, err = commands.run("retropod", *words, tmp_path)
    assert (code, err) == (0, "")
    assert [(one["label"], one["called"]) for one in json.loads(out)["strides"]] == [
        (one["label"], one["called"]) for one in score(labelled, Conditions())["strides"]
    ]
    code, out, err = commands.run("retropod", "score", tmp_path, "--acc-unit", "g", "--fs", "416.6875")
    assert (code, out) == (5, "") and "--gyr-unit deg/s" in err


@pytest.mark.parametrize(
    ("words", "gyroscope", "mount", "called"),
    [("score --no-gyro", False, "given", "forward"), ("score --mount none", True, "none", "unknown")],
)
def test_a_set_is_scored_without_gyroscope_or_mount(mislabelled, micropython, words, gyroscope, mount, called):
    code, out, _ = commands.run("retropod", *words.split(), mislabelled[0], "--json")
    scored = json.loads(out)
    assert code == 0
    assert (scored["conditions"]["gyroscope"], scored["conditions"]["mount"]) == (gyroscope, mount)
    assert [one["called"] for one in scored["strides"]].count(called) >= 9
    assert bool(scored["lengths"]) == gyroscope


def test_a_set_without_any_usable_recording(labelled, tmp_path):
    (tmp_path / "strides.csv").write_bytes((labelled / "strides.csv").read_bytes())
    (tmp_path / "model_demo.npz").write_bytes(b"x")
    with pytest.raises(DamagedData, match=r"can be scored: .*model_demo"):
        score(tmp_path, Conditions())


def test_scipy_is_asked_for_in_one_line(labelled, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(OperationFailed, match="needs scipy") as caught:
        score(labelled, Conditions())
    assert "pip install '.[score]'" in caught.value.hint


def test_the_whole_pod_finds_the_strides_that_the_engine_finds(labelled, micropython):
    path = labelled / "model_demo.npz"
    (alone,) = engine_strides([path], Conditions(rate_hz=416.0))
    through = replay(source_of(path), Setup())
    rate_hz = through.rate_hz
    pairs = [(one.sample / rate_hz + one.toe_off_s, one.direction) for one in through.strides]
    assert len(pairs) == len(alone)
    for (toe_off_s, direction), expected in zip(pairs, alone, strict=True):
        assert direction == expected.direction
        assert toe_off_s == pytest.approx(expected.toe_off_s, abs=0.006)
