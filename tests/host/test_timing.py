"""Wall times of stored runs: by their own syncs, by syncs of neighbouring boots, or as bounds."""

import json
import random
from dataclasses import replace

import pytest

from host.test_runs import block, raw_values
from retropod.client.timesync import Carry, Sync, Synced
from retropod.runs import reader
from retropod.runs.clocklog import ClockLog
from retropod.runs.store import Store, digest
from retropod.runs.timing import in_order, timing
from retrowire import codec, runfile, schema

NOON = 1_800_000_000
POD = "0102030405060708"


def event(kind, uptime_s, a, b):
    payload = bytearray(codec.size(schema.EVENT))
    values = raw_values(schema.EVENT, kind=codec.value("event", kind), uptime_s=uptime_s, a=a, b=b)
    codec.pack_into(schema.EVENT, values, payload, 0)
    return bytes(payload)


def told(uptime_s, epoch_s, ms=0, error_ms=3):
    return event("clock_sync", uptime_s, epoch_s - 2**31, ms + 1000 * error_ms)


def content(boot, events=(), uptime_s=100, strides=(110, 120), run=1, **header):
    out = bytearray(runfile.HEADER_MAX)
    values = raw_values(schema.RUN_HEADER, run=run, boot_count=boot, uptime_s=uptime_s, rate_mhz=416_000,
                        device_id=bytes.fromhex(POD), epoch_s=codec.none("I"), epoch_ms=codec.none("H"),
                        **header)  # fmt: skip
    made = bytes(out[: runfile.header_into(values, (schema.STRIDE, schema.EVENT), 0, 0, out)])
    size = codec.size(schema.STRIDE)
    payload = bytearray(size * len(strides))
    for at, second in enumerate(strides):
        codec.pack_into(
            schema.STRIDE, raw_values(schema.STRIDE, uptime_s=second, sample=second * 416), payload, at * size
        )
    return made + block(runfile.STRIDES, 0, payload) + block(runfile.EVENTS, 1, b"".join(events))


class Here:
    """A store with runs in it."""

    def __init__(self, folder):
        self.store = Store(folder)
        self.log = ClockLog(self.store, POD)

    def fetch(self, run, data, at_s=None):
        path = self.store.path(POD, run)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        if at_s is not None:
            self.log.add_run(path, run, digest(path))
            lines = [json.loads(line) for line in self.log.path.read_text().splitlines()]
            changed = [line | ({"at_s": at_s} if line.get("run") == run else {}) for line in lines]
            self.log.path.write_text("".join(json.dumps(line) + "\n" for line in changed))
        return path

    def sync(self, boot, uptime_s, epoch_s, carry=None):
        self.log.add(
            Synced(0.01, 0.004, epoch_s, uptime_s, Sync(boot, uptime_s, epoch_s - 0.002, epoch_s + 0.002), carry)
        )

    def when(self, path):
        return timing(reader.read(path), path, self.store)


@pytest.fixture
def here(tmp_path):
    return Here(tmp_path)


def test_a_run_contains_its_time(here):
    times = here.when(here.fetch(1, content(3, [told(90, NOON, 500)])))
    assert times.start.time_s == pytest.approx(NOON + 10.5, abs=1e-3)
    assert times.start.error_s == pytest.approx(0.003 + 10 * 100e-6, abs=1e-5)
    first, second = (times.of(stride) for stride in times.run.strides)
    assert first.time_s == pytest.approx(NOON + 20.5, abs=1e-3)
    assert times.start.error_s < first.error_s < second.error_s < 0.012
    assert not times.repaired


def test_a_sync_during_the_run_dates_its_beginning_too(here):
    times = here.when(here.fetch(1, content(3, [told(130, NOON)])))
    assert times.start.time_s == pytest.approx(NOON - 30, abs=1e-3)


def test_a_later_sync_of_the_same_boot_repairs_a_run(here):
    path = here.fetch(1, content(3), NOON + 3000)
    assert here.when(path).start is None
    here.sync(3, 3100, NOON + 3000)
    times = here.when(path)
    assert times.repaired
    assert abs(times.start.time_s - NOON) <= times.start.error_s == pytest.approx(0.302, abs=1e-3)


def test_a_sync_after_a_reset_that_the_clock_survived_repairs_a_run(here):
    path = here.fetch(1, content(3), NOON + 3000)
    here.sync(4, 50, NOON + 3000, Carry(4, 3050.0, 0.2))
    times = here.when(path)
    assert times.repaired
    assert abs(times.start.time_s - NOON) <= times.start.error_s < 0.51
    assert here.when(here.fetch(2, content(2))).start is None


def test_the_next_run_dates_itself_from_the_carried_clock(here):
    path = here.fetch(1, content(3))
    carried = event("clock_carried", 0, 3050, 0 + 1000 * 200)
    here.fetch(2, content(4, [told(50, NOON + 3000), carried], uptime_s=60, run=2))
    assert not here.log.path.exists()
    times = here.when(path)
    assert here.log.path.exists() and times.repaired
    assert abs(times.start.time_s - NOON) <= times.start.error_s < 0.51


def test_where_nothing_ties_it_to_the_time_the_neighbours_bound_it(here):
    here.sync(2, 500, NOON)
    path = here.fetch(1, content(3), NOON + 90_000)
    here.sync(5, 1000, NOON + 80_000)
    times = here.when(path)
    assert times.start is None and times.of(times.run.strides[0]) is None
    early, late = times.between
    assert early == pytest.approx(NOON + 100, abs=0.1)  # it began 100 s after its boot
    assert late == pytest.approx(NOON + 79_000 - 20, abs=0.2)  # and its last stride was 20 s later
    here.log.path.unlink()
    assert here.when(path).between == (None, None)


def test_an_erased_pod_counts_its_boots_from_1_again(here):
    old = here.fetch(1, content(3, [told(90, NOON)]), NOON + 200)
    here.sync(3, 300, NOON + 210)
    here.sync(1, 50, NOON + 86_400)
    here.sync(3, 60, NOON + 90_000)
    new = here.fetch(2, content(3, run=2), NOON + 90_060)
    assert len(here.log.series()) == 2
    assert here.when(old).start.time_s == pytest.approx(NOON + 10, abs=0.01)
    assert here.when(new).start.time_s == pytest.approx(NOON + 90_040, abs=0.01)


def test_a_header_alone_gives_the_time_roughly(here):
    path = here.fetch(1, content(3, clock_state=1))
    assert here.when(path).start is None
    run = reader.parse(content(3))
    run.header = replace(run.header, clock_state="synced", epoch_s=NOON, epoch_ms=0.25)
    assert timing(run).start.time_s == pytest.approx(NOON + 0.25)
    assert timing(run).start.error_s > 60


def test_invalid_lines_are_ignored(here):
    here.sync(3, 100, NOON)
    with here.log.path.open("a") as file:
        file.write('{"kind": "sync"}\nnonsense\n[]\n{"kind": "later", "x": 1}\n')
    (series,) = here.log.series()
    assert len(series.syncs) == 1


def test_bounds_that_contradict_each_other_are_shown_in_order(here):
    """The pod counted 200 s during 60 s: an emulated chip, or an unnoticed sleep."""
    here.sync(2, 500, NOON)
    path = here.fetch(1, content(3, uptime_s=200, strides=()), NOON + 61)
    here.sync(4, 1, NOON + 60)
    assert here.when(path).between == (pytest.approx(NOON - 0.002), pytest.approx(NOON + 60.002))


def test_bounds_that_this_machines_clock_contradicts_are_shown_in_order(here):
    here.sync(2, 500, NOON + 3600)
    path = here.fetch(1, content(3, uptime_s=0, strides=()), NOON + 10)
    early, late = here.when(path).between
    assert (early, late) == (pytest.approx(NOON + 10), pytest.approx(NOON + 3600, abs=0.01))


@pytest.mark.parametrize("seed", range(200))
def test_bounds_are_in_order_whatever_the_exchanges_say(seed):
    draw = random.Random(seed)
    before, after = ([(draw.uniform(0, 100), draw.uniform(0, 50)) for _ in range(draw.randrange(4))] for _ in "ba")
    early, late = in_order(before, after)
    assert (early is None) == (not before) and (late is None) == (not after)
    if early is not None and late is not None:
        assert early <= late
        sure = max(at for at, _ in before), min(at for at, _ in after)
        if sure[0] <= sure[1]:
            assert sure[0] <= early <= late <= sure[1] or (early, late) == sure
