"""Doubts that the strides of a replay raise, and the strides that it leaves out."""

import json

import numpy as np
import pytest

import jsondocs
from host.strides import stride
from retropod.recording import Recording
from retropod.replay import replay
from retropod.replay.implausible import implausible
from retropod.replay.replay import Replayed

RATE_HZ = 100.0


def rolling(degrees: float) -> Recording:
    """Return a foot that rolls to one side and back, once per stride of 0.7 s."""
    seconds = np.arange(2000) / RATE_HZ
    roll = np.radians(degrees) / 2 * np.sin(2 * np.pi * seconds / 0.7)
    gyr = np.column_stack([np.gradient(roll, seconds), np.zeros((2000, 2))])
    return Recording(np.tile([0.0, 0.0, 9.81], (2000, 1)), gyr, 1.0, 1.0, RATE_HZ)


def replayed(count: int = 20, **changes: object) -> Replayed:
    strides = [stride(number, **{"sample": number * 70, **changes}) for number in range(count)]
    return Replayed(strides, RATE_HZ, 20.0)


def test_usual_strides_are_not_doubted() -> None:
    assert implausible(replayed(), rolling(10)) == []
    assert implausible(replayed(direction="lateral", side="left"), rolling(50)) == []
    assert implausible(replayed(7, period_s=0.1), rolling(90)) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"contact_time_s": 0.05, "contact_s": 0.3}, "480 steps/min"),
     ({"contact_time_s": 1.4, "contact_s": 1.6}, "41 steps/min"),
     ({"along_m": 8.0}, "11.4 m/s, strides of 8.0 m"), ({"along_m": 0.2, "contact_time_s": 0.1}, "0.20 m at 207")],
)  # fmt: skip
def test_impossible_rates_and_lengths_are_doubted(changes: dict[str, float], words: str) -> None:
    (doubt,) = implausible(replayed(**changes), rolling(10))
    assert words in doubt.cause and doubt.kind == "rate" and "--fs" in doubt.hint


def test_sideways_strides_with_the_roll_of_a_forward_pitch_are_doubted() -> None:
    (doubt,) = implausible(replayed(direction="lateral", side="left"), rolling(85))
    assert "20 of 20 strides are sideways" in doubt.cause and "--axes" in doubt.hint


def test_a_stride_that_ends_after_the_recording_is_left_out() -> None:
    result, shown = Replayed([], RATE_HZ, 10.0), []
    for sample in (0, 929, 940):
        replay._take(result, stride(sample=sample), lambda _, one: shown.append(one.sample))
    replay._take(result, None, None)
    assert [one.sample for one in result.strides] == shown == [0, 929]


def test_the_lines_of_replay_are_those_of_its_schema() -> None:
    unknown = dict.fromkeys(("period_s", "toe_off_s", "contact_s", "contact_time_s", "along_m", "lateral_m", "peak_g"))
    for one in (stride(), stride(direction="lateral", side="left"), stride(direction="unknown", **unknown)):
        assert jsondocs.faults("replay", json.dumps(replayed().as_json(one))) == []
    assert jsondocs.faults("replay", json.dumps({**replayed().as_json(stride()), "toe_off_ms": 1}))
