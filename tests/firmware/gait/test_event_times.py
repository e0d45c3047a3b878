"""Toe-off and contact compared with the plan of the gait model and with the motion of the sole in recordings."""

from itertools import chain

import numpy as np
import pytest

from bench import bench_events as bench
from bench.kinematic_events import swings, truth
from retropod import sources
from retropod.score.engine_runner import ChipScale, EngineJob, counts, run
from retropod.virtual.gaitmodel import save_set, scenario

PEOPLE = ("uci_2023_08_23_exp300", "uci_2023_08_30_exp300")


def _flat(late):
    return list(chain.from_iterable(late))


def _late_ms(tmp_path, walk):
    """Return by how much toe-off and contact of the pod's strides come after the plan of the model, in ms."""
    save_set(tmp_path, [walk])
    (found,) = run([EngineJob(counts(tmp_path / f"{walk.name}.npz", 208.0, ChipScale()))], sources.firmware_dir())
    return [
        (1000 * (one["toe_off_s"] - planned.toe_off_s), 1000 * (one["contact_s"] - planned.contact_s))
        for one in found
        for planned in walk.strides
        if planned.t0_s < (one["toe_off_s"] + one["contact_s"]) / 2 < planned.t1_s
    ]


@pytest.mark.parametrize(("name", "speed_mps"), [("walk", 1.2), ("backward-walk", 0.6), ("backward-walk", 1.2)])
@pytest.mark.usefixtures("micropython")
def test_events_of_a_model_walk_come_when_they_were_planned(tmp_path, name, speed_mps):
    walk = scenario(name, 416.0, seed=5, speed_mps=speed_mps, strides=16)
    late = _late_ms(tmp_path, walk)
    assert len(late) >= len(walk.strides) - 2
    assert np.all(np.abs(np.median(late, axis=0)) < 12)


@pytest.mark.parametrize(
    ("speed_mps", "cadence_per_min", "contact_s"), [(1.6, 82.0, 0.28), (2.4, 95.0, 0.2), (3.5, 108.0, 0.15)]
)
@pytest.mark.usefixtures("micropython")
def test_a_backward_run_touches_down_with_the_forefoot(tmp_path, speed_mps, cadence_per_min, contact_s):
    """The forefoot lands up to 60 ms before the heel, and the swing shakes. Neither of them is the contact.

    The sole of the model still stands at the planned toe-off, and has left the ground 30 ms later.
    """
    parameters = {"speed_mps": speed_mps, "cadence_per_min": cadence_per_min, "contact_s": contact_s}
    walk = scenario("backward-run", 416.0, seed=5, strides=40, **parameters)
    toe_off, contact = np.transpose(_late_ms(tmp_path, walk))
    assert len(contact) >= len(walk.strides) - 3
    assert abs(np.median(contact)) < 8
    assert np.mean(np.abs(contact) > 30) <= 0.1
    assert 0 < np.median(toe_off) < 30


def test_a_sole_that_leaves_and_lands_is_seen_in_its_movement(tmp_path):
    walk = scenario("backward-walk", 416.0, seed=6, strides=12)
    save_set(tmp_path, [walk])
    every = list(swings(tmp_path, walk.name))
    late = [
        (1000 * (event.lift_off_s - planned.toe_off_s), 1000 * (event.onset_s - planned.contact_s))
        for swing, event in zip(every, truth(every), strict=True)
        for planned in walk.strides
        if abs(planned.t0_s - swing.t0_s) < 1e-3
    ]
    assert len(late) == len(walk.strides)
    toe_off, contact = np.median(late, axis=0)
    assert -30 < toe_off < 10  # the foot of the model starts gently
    assert abs(contact) < 3


def test_the_movement_of_the_sole_agrees_with_marks(dev_recordings):
    late = bench.marked(dev_recordings)
    assert abs(np.median(_flat(late["toe_off"]))) < 5
    assert abs(np.median(_flat(late["contact"]))) <= 10


@pytest.mark.usefixtures("micropython")
def test_events_of_people_agree_with_the_movement_of_their_soles(dev_recordings):
    every = list(chain.from_iterable(swings(dev_recordings, person) for person in PEOPLE))
    events, found = truth(every), bench.matched(every, bench.strides(dev_recordings, every, 208.0, gyroscope=True))
    for direction, gait in bench.KINDS.values():
        for names in (bench.EVENTS["toe_off"], bench.EVENTS["impact"]):
            late = _flat(bench.errors(every, found, events, names, direction, gait))
            assert len(late) >= 3
            assert abs(np.median(late)) < 15, (direction, gait, names)
    backward = _flat(bench.errors(every, found, events, bench.EVENTS["impact"], "backward", "walk"))
    assert np.mean(np.array(backward) > 35) < 0.25  # touch of the forefoot, not impact of the heel


@pytest.mark.usefixtures("micropython")
@pytest.mark.parametrize("name", ["uci_2023_08_30_exp500", "uci_2023_08_30_exp700", "voisard_1-6_lf"])
def test_side_steps_and_pivots_swing(name, dev_recordings):
    """They have no roll. Toe-off and contact were found at the same instant before."""
    (found,) = run(
        [EngineJob(counts(dev_recordings / f"{name}.npz", 104.0, ChipScale()), mount=1)], sources.firmware_dir()
    )
    assert len(found) > 10
    assert min(one["contact_s"] - one["toe_off_s"] for one in found) > 0.1
