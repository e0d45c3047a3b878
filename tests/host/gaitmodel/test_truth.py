import csv
import time
from itertools import pairwise

import numpy as np
import pytest

from retropod.errors import UsageError
from retropod.virtual.gaitmodel import LABELS, names, save_set, scenario
from retropod.virtual.gaitmodel.heldout import HELD_OUT
from retropod.virtual.gaitmodel.session import KINDS
from retropod.virtual.gaitmodel.styles import STYLES


@pytest.mark.parametrize("name", [n for n in names() if n not in ("standing", "tap", "shuffle")])
def test_events_are_in_order_and_labels_are_known(model, name):
    recording = model(name)
    assert recording.strides
    for s in recording.strides:
        assert 0.0 <= s.t0_s < s.toe_off_s < s.contact_s < s.t1_s <= recording.duration_s
        assert s.label in LABELS
        assert s.contact_time_s is None or 0.08 < s.contact_time_s < 1.3


@pytest.mark.parametrize("name", ["walk", "run", "backward-run", "mixed", "demo"])
def test_strides_of_one_bout_share_their_mid_stances_and_contact_spans_them(model, name):
    strides = model(name).strides
    shared = [(a, b) for a, b in pairwise(strides) if b.contact_time_s is not None]
    assert shared
    for a, b in shared:
        assert b.t0_s == a.t1_s
        assert b.contact_time_s == pytest.approx(b.toe_off_s - a.contact_s, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "sign", "sideways"),
    [("walk", 1, 0), ("backward-walk", -1, 0), ("backward-run", -1, 0), ("side-left", 0, 1), ("side-right", 0, -1)],
)
def test_lengths_have_the_sign_of_their_direction(model, name, sign, sideways):
    for s in model(name).strides:
        assert np.sign(round(s.length_m, 1)) == sign
        assert np.sign(round(s.lateral_m, 1)) == sideways
        assert s.label == KINDS[name].label


def test_speed_cadence_and_contact_are_those_asked_for(model):
    recording = model("backward-run", speed_mps=3.5, cadence_per_min=104.0, contact_s=0.15)
    middle = recording.strides[2:-2]
    assert np.mean([s.speed_mps for s in middle]) == pytest.approx(3.5, rel=0.04)
    assert np.mean([s.t1_s - s.t0_s for s in middle]) == pytest.approx(60 / 104, rel=0.02)
    assert np.mean([s.contact_time_s for s in middle]) == pytest.approx(0.15, rel=0.04)
    fraction = model("run", cadence_per_min=90.0, contact_fraction=0.3).strides[2:-2]
    assert np.mean([s.contact_time_s for s in fraction]) == pytest.approx(0.3 * 60 / 90, rel=0.04)


def test_defaults_keep_to_physiology(model):
    for speed in (1.6, 2.5, 3.5):
        middle = model("backward-run", speed_mps=speed).strides[2:-2]
        assert 82 <= 60 / np.mean([s.t1_s - s.t0_s for s in middle]) <= 108
        assert 0.140 <= np.mean([s.contact_time_s for s in middle]) <= 0.280


def test_starts_and_stops_are_half_strides(model):
    lengths = [s.length_m for s in model("walk").strides]
    usual = np.median(lengths[1:-1])
    assert lengths[0] < 0.7 * usual
    assert lengths[-1] < 0.7 * usual


def test_a_bend_turns_and_stays_forward(model):
    strides = model("curve", turn_deg=14.0).strides
    half = len(strides) // 2
    assert np.mean([s.yaw_deg for s in strides[:half]]) == pytest.approx(14.0, abs=2.0)
    assert np.mean([s.yaw_deg for s in strides[half:]]) == pytest.approx(-14.0, abs=2.0)
    assert all(abs(s.lateral_m) < 0.1 * s.length_m for s in strides)


def test_movements_without_strides_have_no_labels(model):
    for name in ("standing", "tap", "shuffle"):
        assert model(name).strides == []
        assert sum(b - a for a, b in model(name).still) > 0.8 * model(name).duration_s


def test_every_stride_differs_from_the_next(model):
    lengths, periods = zip(*((s.length_m, s.t1_s - s.t0_s) for s in model("run").strides[1:-1]), strict=True)
    for values in (lengths, periods):
        assert 0.01 < np.std(values) / np.mean(values) < 0.10


def test_the_same_seed_gives_the_same_samples_and_another_does_not():
    one, same, other = (scenario("walk", 208.0, seed, strides=6) for seed in (3, 3, 4))
    assert np.array_equal(one.acc, same.acc)
    assert np.array_equal(one.gyr, same.gyr)
    assert one.strides == same.strides
    assert one.strides != other.strides


def pitch_at(recording, stride, ahead_s=0.0):
    """Degrees, toe up positive, at contact: the rate integrated from the mid-stance that opened the stride."""
    first, last = round(stride.t0_s * recording.fs), round((stride.contact_s + ahead_s) * recording.fs)
    return np.degrees(-recording.gyr[first:last, 1].sum() / recording.fs)


@pytest.mark.parametrize("name", ["walk", "jog", "run"])
def test_forward_lands_on_the_heel_and_pushes_with_the_toe(model, name):
    recording = model(name)
    assert 5.0 < np.median([pitch_at(recording, s) for s in recording.strides]) < 35.0
    for s in recording.strides[1:-1]:
        assert pitch_at(recording, s) > -5.0
        assert pitch_at(recording, s, s.toe_off_s - s.contact_s) < -20.0


@pytest.mark.parametrize("name", ["backward-walk", "backward-jog", "backward-run"])
def test_backward_lands_on_the_forefoot_and_leaves_from_the_heel(model, name):
    recording = model(name)
    for s in recording.strides[1:-1]:
        assert -45.0 < pitch_at(recording, s) < -5.0
        assert pitch_at(recording, s, s.toe_off_s - s.contact_s) > 3.0


def test_backward_is_not_forward_played_backwards(model):
    """Vertical force, time-reversed, must not match: impacts land on another event."""

    def mean_stride(name):
        recording = model(name)
        out = []
        for s in recording.strides[1:-1]:
            part = recording.acc[round(s.t0_s * recording.fs) : round(s.t1_s * recording.fs), 2]
            out.append(np.interp(np.linspace(0, 1, 200), np.linspace(0, 1, len(part)), part))
        return np.median(out, axis=0)

    assert np.corrcoef(mean_stride("run")[::-1], mean_stride("backward-run"))[0, 1] < 0.6


def test_styles_of_a_family_can_be_mixed():
    for family, anchors in STYLES.items():
        shapes = {tuple(segment.channel for segment in style.segments) for _, style in anchors}
        assert len(shapes) == 1, family
        assert [speed for speed, _ in anchors] == sorted(speed for speed, _ in anchors)


def test_unknown_names_and_parameters_are_refused_with_what_is_known():
    with pytest.raises(UsageError, match="moonwalk") as caught:
        scenario("moonwalk", 208.0, 1)
    assert "backward-walk" in caught.value.hint
    with pytest.raises(UsageError, match="sped_mps"):
        scenario("walk", 208.0, 1, sped_mps=1.0)


def test_saved_sets_hold_what_labelled_recordings_hold(tmp_path):
    recording = scenario("mixed", 104.0, 1, repeats=1)
    save_set(tmp_path, [recording])
    with np.load(tmp_path / "mixed.npz") as stored:
        assert stored["acc"].shape == stored["gyr"].shape == (len(recording.acc), 3)
        assert float(stored["fs"]) == 104.0
        assert np.allclose(stored["acc"], recording.acc, atol=1e-4)
    for path in (tmp_path / "strides.csv", tmp_path / "mixed.strides.csv"):
        with path.open() as file:
            rows = list(csv.DictReader(file))
        assert [r["label"] for r in rows] == [s.label for s in recording.strides]
        assert {"recording", "t0_s", "t1_s", "label", "gait", "yaw_deg"} <= set(rows[0])
        assert all(float(r["length_m"]) >= 0.0 and r["recording"] == "mixed" for r in rows)
    assert (tmp_path / "still.csv").read_text().splitlines()[0] == "recording,t0_s,t1_s"


def test_the_demo_shows_everything_in_about_90_s(model):
    recording = model("demo")
    assert 75.0 < recording.duration_s < 100.0
    assert {s.label for s in recording.strides} == {"forward", "backward", "lateral_left", "lateral_right", "turn"}
    first = [s for s in recording.strides if s.t1_s < recording.strides[0].t0_s + 12.5]
    assert recording.still[0][1] - recording.still[0][0] >= 2.0
    assert len(first) >= 10
    assert all(s.label == "forward" for s in first[:10])


def test_the_hill_goes_up_backward_and_down_forward(model):
    strides = model("hill-intervals").strides
    assert all(s.rise_m > 0 for s in strides if s.label == "backward")
    assert all(s.rise_m < 0 for s in strides if s.label == "forward")


def test_ten_scenarios_are_held_out_and_one_is_the_hardest_run():
    assert len({h.name for h in HELD_OUT}) == len(HELD_OUT) == 10
    sprint = next(h for h in HELD_OUT if h.name == "backward-sprint").recording(104.0)
    middle = sprint.strides[2:-2]
    assert np.mean([s.speed_mps for s in middle]) == pytest.approx(3.5, rel=0.04)
    assert np.mean([s.contact_time_s for s in middle]) == pytest.approx(0.15, rel=0.04)


def test_a_minute_is_made_in_less_than_two_seconds():
    began = time.process_time()
    recording = scenario("run", 416.0, 1, duration_s=60.0)
    assert recording.duration_s > 60.0
    assert time.process_time() - began < 2.0
