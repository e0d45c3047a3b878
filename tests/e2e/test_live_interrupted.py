"""`retropod live --keep` through a sleep of the computer, pulled cables and a reset of the pod."""

from e2e.liverun import account, interrupted
from retropod.client.stream import LEASE_S

_ASLEEP_S = LEASE_S + 3.0  # the pod drops the stream in between


def test_every_gap_is_reported_and_the_runs_have_every_stride(walking, tmp_path):
    found = interrupted(walking(loop=True), tmp_path, _ASLEEP_S, pulls=3)
    assert found.missing > 0 and found.unexplained == 0
    assert len(found.away_s) == 3 and min(found.away_s) > 0.0
    assert len(found.silent_s) == 1 and found.silent_s[0] > 0.0
    assert found.lost == [] and len(found.runs) == 2


def test_a_missing_stride_without_a_report_is_found():
    strides = [{"type": "stride", "number": number} for number in (1, 2, 5)]
    missing, end = {"type": "missing", "strides": 2, "samples": 0}, {"type": "end", "kept": []}
    assert account([*strides, end]).unexplained == 2
    assert account([*strides[:2], missing, strides[2], end]).unexplained == 0
    assert account([*strides, end]).lost == ["0 runs of 1 boots"]
