"""A session that is stored on this computer: one run for each boot, growing files, an id that no pod has."""

import pytest

from host.test_live import message
from host.test_live_command import an_event
from retropod.client.stream import Gap, Restarted
from retropod.client.timesync import Sync
from retropod.export.intake import keep
from retropod.export.runwriter import host_id
from retropod.insight import events
from retropod.live.kept import KeptSession
from retropod.runs import reader
from retropod.runs.store import Store
from retropod.runs.timing import timing

HEADER = {"name": "left", "device_id": host_id(bytes(range(1, 8))), "boot_count": 4, "rate_mhz": 416.0,
          "chip": "lsm6dso32", "mount": "given", "uptime_s": 3, "uptime_ms": 0.5}  # fmt: skip
POD = "ff01020304050607"


class Times:
    """Both clocks of this computer, which a test sets."""

    def __init__(self):
        self.now_s = 0.0

    def steady(self):
        return self.now_s

    def wall(self):
        return 1_800_000_000.7 + self.now_s


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs")


@pytest.fixture
def times():
    return Times()


def session(store, times):
    return KeptSession(HEADER, lambda part: keep(store, *part).path, times.steady, times.wall)


def test_strides_events_and_time_of_day_are_stored(store, times):
    kept = session(store, times)
    kept.sync(Sync(4, 2.0, 1_800_000_000.0, 1_800_000_000.010))
    for item in (message(1), Gap(2), an_event("lap", 1), an_event("clock_sync", 5, 5), message(2), message(200)):
        kept.take(item, 4)
    kept.finish()
    (path,) = kept.paths
    run = reader.read(path)
    assert path == store.path(POD, 1_800_000_000)
    assert (run.whole, run.ended, run.header.boot_count, run.header.rate_mhz) == (True, True, 4, 416.0)
    assert [one.number for one in run.strides] == [1, 2, 200]
    assert [one.kind for one in run.events] == ["clock_sync", "lap", "stopped"]
    assert events.as_json(run.events[-1])["strides"] == 3
    start = timing(run, path, store).start
    assert abs(start.time_s - 1_800_000_001.5) < 0.01 and start.error_s < 0.02


def test_a_restart_of_the_pod_begins_another_run(store, times):
    kept = session(store, times)
    kept.take(message(1), 4)
    kept.take(Restarted(1.5), 5)
    kept.take(message(1), 5)
    kept.finish()
    runs = [reader.read(path) for path in kept.paths]
    assert [(run.header.run, run.header.boot_count, len(run.strides)) for run in runs] == [
        (1_800_000_000, 4, 1), (1_800_000_001, 5, 1),
    ]  # fmt: skip
    assert runs[1].header.seconds("uptime") == 1.5


def test_the_file_grows_every_minute_and_stays_one_run(store, times):
    kept = session(store, times)
    for number in range(1, 200):
        times.now_s += 1.0
        kept.take(message(number), 4)
        if number == 61:
            assert len(reader.read(kept.paths[0]).strides) == 60, "the strides of the first minute are on the disk"
    kept.finish()
    assert [one.path for one in store.all()] == kept.paths and len(kept.paths) == 1
    assert store.state(kept.paths[0]) == "verified"
    assert [one.number for one in reader.read(kept.paths[0]).strides] == list(range(1, 200))


def test_a_full_disk_loses_no_stride_that_fits_later(store, times):
    full = [OSError(28, "No space left on device")]

    def stored(part):
        if full:
            raise full.pop()
        return keep(store, *part).path

    kept = KeptSession(HEADER, stored, times.steady, times.wall)
    kept.take(message(1), 4)
    times.now_s += 61.0
    kept.take(message(2), 4)
    assert kept.paths == []
    kept.finish()
    assert len(reader.read(kept.paths[0]).strides) == 2


def test_a_full_disk_at_a_restart_of_the_pod_does_not_end_the_session(store, times):
    full = [OSError(28, "No space left on device")] * 2

    def stored(part):
        if full:
            raise full.pop()
        return keep(store, *part).path

    kept = KeptSession(HEADER, stored, times.steady, times.wall)
    kept.take(message(1), 4)
    kept.take(Restarted(1.5), 5)
    with pytest.raises(OSError, match="No space"):
        kept.finish()
    kept.finish()
    run = reader.read(kept.paths[0])
    assert (len(kept.paths), len(run.strides), run.ended) == (1, 1, True)
    assert [one.kind for one in run.events] == ["stopped"]


def test_a_session_without_a_stride_is_not_stored(store, times):
    kept = session(store, times)
    kept.take(an_event("lap", 1), 4)
    kept.finish()
    assert kept.paths == [] and store.all() == []
