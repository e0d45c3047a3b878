"""Short forms of `make soak`: a pod that costs what an ESP32 costs loses no sample and answers.

Times only catch a pod that hangs: they are at least five times the criteria of `make soak`.
"""

import random
from pathlib import Path

from soak import cuts, hosts, recordings, roundtrips
from soak.pods import still_pod, stored_runs
from soak.verdict import Verdict, median

_SLACK = 5
_RECORDED_S = 5.0  # enough for every command once: the last of them ends later


def test_a_raw_recording_loses_no_sample_while_a_host_queries(micropython: Path, tmp_path: Path) -> None:
    account = recordings.busy(tmp_path, _RECORDED_S, "lsm6dso32", 416, raw=True)
    assert (account.chip_lost, account.pod_lost, account.run_lost) == (0, 0, 0), account
    assert (account.chip_overruns, account.pod_overruns) == (0, 0), account
    assert account.failed == []
    assert account.state == "recording"
    assert account.run_samples > 0.9 * _RECORDED_S * 416


def test_a_run_that_starts_automatically_loses_no_sample(micropython: Path, tmp_path: Path) -> None:
    verdict = recordings.start(tmp_path, "lsm6dso32", 416, 11.0)
    assert verdict.faults == []


def test_requests_are_answered_with_raw_recording_on(micropython: Path, tmp_path: Path) -> None:
    times = roundtrips.measure(tmp_path, 2.0, runs=10, starts=1, doctor=False)
    assert median(times.trips_ms) < _SLACK * 60
    assert max(times.start_s) < _SLACK * 3
    assert max(times.info_s) < _SLACK * 1
    assert (times.samples_lost, times.overruns) == (0, 0)


def test_a_killed_host_locks_no_host_out(micropython: Path, tmp_path: Path) -> None:
    verdict = Verdict("killed hosts")
    chance = random.Random(1)
    with still_pod(tmp_path, 60.0, files=stored_runs(2)) as virtual:
        virtual.go()
        for state in ("mid-frame", "mid-stream"):
            hosts.killed(virtual, state, chance, verdict, raw=state == "mid-stream", slack=_SLACK)
    assert verdict.faults == []


def test_power_cuts_cost_at_most_ten_seconds(micropython: Path, tmp_path: Path) -> None:
    verdict = cuts.power_cuts(tmp_path, count=2)
    assert verdict.faults == []
