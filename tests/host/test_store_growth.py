"""Work for each run of a large store: it must not grow with the number of runs."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import season
from retropod.client.timesync import Sync
from retropod.export import choice
from retropod.runs import clocklog, walltime
from retropod.runs import store as runstore
from retropod.runs.store import Store
from retropod.runs.walltime import mean_rate

RUNS = 12


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "store")
    season.fill(made, RUNS, 20, ["Ada"])
    return made


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Number of calls of the functions that read a whole log, a file or a folder."""
    counted: Counter[str] = Counter()

    def count(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def counting(*words: Any) -> Any:
            counted[name] += 1
            return original(*words)

        monkeypatch.setattr(owner, name, counting)

    for owner, name in (
        (clocklog, "_split"), (walltime, "agreeing"), (runstore, "digest_or_none"), (runstore.Store, "all"),
    ):  # fmt: skip
        count(owner, name)
    return counted


def test_an_index_reads_the_clock_log_of_a_pod_once(store: Store, calls: Counter[str]) -> None:
    runs = store.index.rebuild()
    assert len(runs) == RUNS and all(one.start_s is not None for one in runs)
    assert 1 <= calls["_split"] <= 2, "the log is created at the first run"


def test_the_rate_of_a_boot_is_computed_once(calls: Counter[str]) -> None:
    boots = [[Sync(boot, at, 1.8e9 + at, 1.8e9 + at + 0.01) for at in (0.0, 3600.0)] for boot in range(1, 9)]
    assert mean_rate(boots).measured
    first = calls["agreeing"]
    assert mean_rate(boots) == mean_rate(boots[:1]) and calls["agreeing"] == first


def test_names_of_all_runs_read_no_file(store: Store, calls: Counter[str]) -> None:
    assert [name.split("/")[1] for name, _ in choice.stored(store)] == [str(one + 1) for one in range(RUNS)]
    assert calls["digest_or_none"] == 0 and calls["all"] == 2, "one for the runs, one for their names"
