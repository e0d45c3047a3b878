"""A recording that says where samples are missing: the pod sees its FIFO run over there, and claims nothing."""

from pathlib import Path

import numpy as np
import pytest

from retropod.replay.replay import Replayed, Setup, replay, source_of
from retropod.virtual.gaitmodel import scenario

pytestmark = pytest.mark.usefixtures("micropython")
GAPS_S = ((8.0, 8.8), (11.5, 11.6), (15.0, 15.3))


def replayed(folder: Path, chip: str, with_gaps: bool) -> Replayed:
    walk = scenario("walk", 208.0, 1)
    assert walk.gyr is not None
    arrays = {"acc": walk.acc.copy(), "gyr": walk.gyr.copy()}
    gaps = [(round(begin * 208), round(end * 208)) for begin, end in GAPS_S]
    if with_gaps:  # a straight line stands there, as `capture` writes it: it must never be taken for a stride
        for values in arrays.values():
            for begin, end in gaps:
                values[begin:end] = np.linspace(values[begin - 1], values[end], end - begin)
    path = folder / f"{chip}{with_gaps}.npz"
    np.savez(path, fs=208.0, **arrays, **({"gaps": np.array(gaps)} if with_gaps else {}))
    return replay(source_of(path, gyroscope=chip != "adxl345"), Setup(chip))


def over_a_gap(result: Replayed) -> list[str]:
    found = [(result.times(stride), stride.direction) for stride in result.strides]
    return [
        direction
        for times, direction in found
        if any(times["t0_s"] < end and times["t1_s"] > begin for begin, end in GAPS_S)
    ]


@pytest.mark.parametrize("chip", ["lsm6dso32", "mpu6050", "adxl345"])
def test_no_direction_is_claimed_over_a_gap_and_the_index_goes_on(tmp_path: Path, chip: str) -> None:
    whole, holed = (replayed(tmp_path, chip, with_gaps) for with_gaps in (False, True))
    assert over_a_gap(whole).count("forward") >= len(GAPS_S)
    assert set(over_a_gap(holed)) <= {"unknown"}
    ends = [[run.times(stride)["t1_s"] for stride in run.strides][-2:] for run in (whole, holed)]
    np.testing.assert_allclose(ends[0], ends[1], atol=0.06)
    assert [stride.direction for stride in holed.strides][-2:] == ["forward", "forward"]
