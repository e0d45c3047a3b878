"""The clock log: a clock of this computer that jumped or is absurd, and files that are damaged."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from host.runfiles import run_file
from host.test_timing import NOON, POD, Here, content, event, told
from host.tinypod import TinyPod
from retropod.cli.commands import cli
from retropod.cli.options import Options
from retropod.client.pod import Pod
from retropod.client.timesync import Clocks, HostClockWrong, Keeper, Sync, check_host_clock, synchronise
from retropod.errors import RetropodError
from retropod.runs import reader
from retropod.runs.clocklog import ClockLog, jumped, keep_time
from retropod.runs.store import Store
from retropod.runs.timing import timing
from retrowire import schema

AHEAD_S = 7200


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(tmp_path)


def error_s(times) -> float:
    return abs(times.start.time_s - NOON)


def clocks(epoch_s: float) -> Clocks:
    return Clocks(lambda: epoch_s, time.monotonic)


# -- a jump between two syncs. The run began at NOON, 100 s after its boot.


@pytest.mark.parametrize("wrong_s", [AHEAD_S, -AHEAD_S, 3, 86_400 * 300])
def test_later_syncs_outweigh_the_wrong_one_at_the_start(wrong_s, here):
    here.sync(3, 90, NOON - 10 + wrong_s)
    here.sync(3, 200, NOON + 100)
    path = here.fetch(1, content(3, [told(90, NOON - 10 + wrong_s), told(200, NOON + 100)]), NOON + 210)
    here.sync(3, 300, NOON + 200)
    times = here.when(path)
    assert error_s(times) <= times.start.error_s < 0.1
    assert times.clock.rejected and times.clock.jump_s == pytest.approx(-wrong_s, abs=0.1)
    assert times.jump is not None


@pytest.mark.parametrize("wrong_s", [AHEAD_S, -AHEAD_S])
def test_a_wrong_sync_by_another_computer_is_outweighed_too(wrong_s, here):
    """It is in the run only, so it enters the log with the download, after syncs of a higher uptime."""
    here.sync(3, 200, NOON + 100)
    here.sync(3, 300, NOON + 200)
    path = here.fetch(1, content(3, [told(90, NOON - 10 + wrong_s)]), NOON + 210)
    assert len(here.log.series()) == 1
    times = here.when(path)
    assert error_s(times) <= times.start.error_s < 0.1


@pytest.mark.parametrize("wrong_s", [AHEAD_S, -AHEAD_S])
def test_a_wrong_sync_at_the_end_is_outweighed(wrong_s, here):
    here.sync(3, 90, NOON - 10)
    here.sync(3, 200, NOON + 100)
    here.sync(3, 300, NOON + 200 + wrong_s)
    times = here.when(here.fetch(1, content(3, [told(90, NOON - 10)]), NOON + 210 + wrong_s))
    assert error_s(times) <= times.start.error_s < 0.1


def test_a_rebuilt_log_keeps_the_runs_of_an_erased_pod_in_their_series(here):
    old = here.fetch(1, content(3, [told(90, NOON - 10)]), NOON + 200)
    for boot, uptime_s, epoch_s in ((3, 300, NOON + 200), (1, 50, NOON + 86_400), (3, 60, NOON + 90_000)):
        here.sync(boot, uptime_s, epoch_s)
    lines = here.log.path.read_bytes().splitlines(keepends=True)
    here.log.path.write_bytes(b"".join([b"?" + lines[0], *lines[1:]]))
    assert error_s(here.when(old)) < 0.1
    assert len(here.log.series()) == 2


def test_a_line_of_an_earlier_version_about_a_wrong_sync_in_a_run_begins_no_series(here):
    here.sync(3, 90, NOON - 10 + AHEAD_S)
    here.sync(3, 200, NOON + 100)
    sync = Sync(3, 90, NOON - 10 + AHEAD_S - 0.003, NOON - 10 + AHEAD_S + 0.003)
    with here.log.path.open("a") as file:
        file.write(json.dumps({"kind": "sync", **sync._asdict()}) + "\n")
    assert len(here.log.series()) == 1


@pytest.mark.parametrize("wrong_s", [AHEAD_S, -AHEAD_S])
def test_of_two_contradicting_syncs_the_bound_covers_both(wrong_s, here):
    path = here.fetch(1, content(3, [told(90, NOON - 10 + wrong_s)]), NOON + 210)
    here.sync(3, 300, NOON + 200)
    times = here.when(path)
    assert error_s(times) <= times.start.error_s and times.start.error_s < AHEAD_S
    assert times.jump is not None and "2:00:00" in times.jump


def test_a_long_session_with_a_wrong_clock_does_not_outvote_later_ones(here):
    for minute in range(30):
        here.sync(3, 90 + 60 * minute, NOON - 10 + 60 * minute + AHEAD_S)
    path = here.fetch(1, content(3, [told(90, NOON - 10 + AHEAD_S)]), NOON + 4000)
    for later in (4000, 5000):
        here.sync(3, 100 + later, NOON + later)
    times = here.when(path)
    assert error_s(times) <= times.start.error_s


def test_the_copy_of_an_exchange_in_a_run_has_no_vote_of_its_own(here):
    here.sync(3, 90, NOON - 10 + AHEAD_S)
    path = here.fetch(1, content(3, [told(90, NOON - 10 + AHEAD_S)]), NOON + 210)
    here.sync(3, 300, NOON + 200)
    times = here.when(path)
    assert error_s(times) <= times.start.error_s


def test_without_a_log_the_runs_of_a_boot_correct_each_other(here):
    path = here.fetch(1, content(3, [told(90, NOON - 10 + AHEAD_S)]))
    here.fetch(2, content(3, [told(300, NOON + 200), told(400, NOON + 300)], uptime_s=350, run=2))
    assert not here.log.path.exists()
    times = here.when(path)
    assert error_s(times) <= times.start.error_s < 0.1


def test_a_header_that_repeats_a_wrong_sync_is_not_believed_alone(here):
    """The events are damaged, and the wrong sync was by another computer."""
    path = here.fetch(1, content(3), NOON + 210)
    run = reader.read(path)
    run.header = replace(run.header, clock_state="synced", epoch_s=NOON + AHEAD_S, epoch_ms=0.0)
    here.sync(3, 300, NOON + 200)
    times = timing(run, path, here.store)
    assert error_s(times) <= times.start.error_s, "one against one"
    assert times.start.error_s > 1000
    here.sync(3, 400, NOON + 300)
    times = timing(run, path, here.store)
    assert error_s(times) <= times.start.error_s < 0.1


def test_a_header_that_repeats_a_logged_sync_has_no_vote_of_its_own(here):
    path = here.fetch(1, content(3), NOON + 210)
    run = reader.read(path)
    run.header = replace(run.header, clock_state="synced", epoch_s=NOON + AHEAD_S, epoch_ms=0.0)
    here.sync(3, 90, NOON - 10 + AHEAD_S)
    here.sync(3, 300, NOON + 200)
    times = timing(run, path, here.store)
    assert error_s(times) <= times.start.error_s


def test_bounds_by_other_boots_leave_the_wrong_sync_out(here):
    here.sync(2, 300, NOON - 5000 + AHEAD_S)
    here.sync(2, 400, NOON - 4900)
    here.sync(2, 500, NOON - 4800)
    path = here.fetch(1, content(3), NOON + 9000)
    early, late = here.when(path).between
    assert early <= NOON <= late


def test_the_text_names_the_direction_and_the_size():
    assert jumped(7200.4) == "the clock of this computer jumped forward by 2:00:00"
    assert jumped(-61) == "the clock of this computer jumped back by 0:01:01"
    assert jumped(-2.2) == "the clock of this computer jumped back by 2 s"
    assert jumped(0.2) is jumped(None) is None


class UptimePod(TinyPod):
    """A pod whose uptime is set by the test."""

    uptime_s = 100

    def _time(self, request, epoch_s, *_):
        self.send(schema.TIME, request=request, host_s=epoch_s, uptime_s=self.uptime_s, boot_count=self.boot)


def test_a_jump_is_reported_at_the_next_sync(here):
    texts: list[str] = []
    fake = UptimePod()
    with Pod(fake) as pod:
        for uptime_s, now_s in ((100, NOON + AHEAD_S), (200, NOON + 100), (300, NOON + 200)):
            fake.uptime_s = uptime_s
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("retropod.client.timesync.Clocks", lambda now_s=now_s: clocks(now_s))
                keep_time(pod, here.store, warn=texts.append)
    assert texts == ["the clock of this computer jumped back by 2:00:00 since the last sync with this pod"]


# -- an absurd clock


@pytest.mark.parametrize(
    "wrong_s", [0.0, 946_684_800.0, 1_700_000_000.0, 4.2e9, 1e18, float("inf"), float("nan"), -1e9]
)
def test_an_absurd_time_of_this_computer_is_refused(wrong_s):
    with pytest.raises(HostClockWrong) as refused:
        check_host_clock(wrong_s)
    assert refused.value.hint
    fake = TinyPod()
    with Pod(fake) as pod, pytest.raises(HostClockWrong):
        synchronise(pod, clocks=clocks(wrong_s))
    assert not [values for message, values in fake.asked if message == schema.TIME_SET]


def test_a_time_far_after_the_last_evidence_is_refused(here):
    here.sync(3, 100, NOON)
    known_s = here.log.known_s()
    check_host_clock(NOON + 5 * 365 * 86_400, known_s)
    check_host_clock(NOON - 86_400, known_s)
    with pytest.raises(HostClockWrong, match="2045"):
        check_host_clock(datetime(2045, 1, 1, tzinfo=UTC).timestamp(), known_s)


def test_a_keeper_warns_once_and_goes_on_when_the_clock_is_right():
    now_s, warned, noted = [0.0], [], []
    steady = iter(range(0, 10**6, 100))
    with Pod(TinyPod()) as pod:
        keeper = Keeper(pod, noted.append, Clocks(lambda: now_s[0], lambda: next(steady)), warn=warned.append)
        keeper.step()
        assert len(warned) == 1 and not noted and keeper.last is None
        now_s[0] = NOON
        keeper.step()
    assert len(noted) == 1


@pytest.fixture
def pod(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> TinyPod:
    """A pod with a run, and a computer whose clock is at 1970."""
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path))
    monkeypatch.setattr("retropod.client.timesync.Clocks", lambda: clocks(1000.0))
    monkeypatch.setattr("retropod.runs.clocklog.time.time", lambda: 1000.0)
    fake = TinyPod()
    fake.runs = {1: run_file(1, 5)}
    monkeypatch.setattr(Options, "connect", lambda options: Pod(fake))
    return fake


@pytest.mark.parametrize("command", [("download",), ("record", "start")])
def test_an_absurd_clock_blocks_neither_a_download_nor_a_recording(command, pod, tmp_path):
    ran = CliRunner().invoke(cli, command)
    assert ran.exit_code == 0, ran.output
    assert "the clock of this computer is wrong: it shows 1970-01-01" in ran.stderr
    assert not [values for message, values in pod.asked if message == schema.TIME_SET]
    log = ClockLog(Store(tmp_path), POD)
    assert log.known_s() is None
    assert not log.path.exists() or b"fetched" not in log.path.read_bytes()


def test_a_command_that_only_sets_the_clock_fails(pod):
    ran = CliRunner().invoke(cli, ["time", "sync"])
    assert isinstance(ran.exception, RetropodError) and "1970-01-01" in ran.exception.message


def test_absurd_times_in_a_log_and_in_a_run_date_nothing(here):
    here.sync(3, 100, NOON)
    line = json.loads(here.log.path.read_text().splitlines()[0])
    absurd = [{**line, "low_s": low_s, "high_s": low_s} for low_s in (0.0, 1e12, -5.0)]
    with here.log.path.open("a") as file:
        file.writelines(json.dumps(one) + "\n" for one in absurd)
    path = here.fetch(1, content(3, [told(90, 1000)]))
    times = here.when(path)
    assert times.clock.syncs == [Sync(3, 100, NOON - 0.002, NOON + 0.002)]


# -- damaged files

BAD_LINES = [
    b"nonsense",
    b"",
    b"[]",
    b"null",
    b"\xff\xfe\x00\x80",
    b"[" * 100_000,
    b'{"kind": "sync"}',
    b'{"kind": "sync", "boot": "3", "uptime_s": 1, "low_s": 1800000000, "high_s": 1800000001}',
    b'{"kind": "sync", "boot": 3, "uptime_s": NaN, "low_s": 1800000000, "high_s": 1800000001}',
    b'{"kind": "sync", "boot": 3, "uptime_s": 1, "low_s": 1800000009, "high_s": 1800000001}',
    b'{"kind": "sync", "boot": 3, "uptime_s": 1e300, "low_s": 1800000000, "high_s": 1800000001}',
    b'{"kind": "sync", "boot": 3, "uptime_s": 1, "low_s": null, "high_s": 1800000001}',
    b'{"kind": "carry", "boot": 3, "before_s": Infinity, "error_s": 1}',
    b'{"kind": "fetched", "run": 1, "sha256": 5, "at_s": 1800000000}',
    b'{"kind": ["sync"]}',
    b'{"kind": "sync", "boot": ' + b"9" * 5000 + b"}",
]


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_bad_line_is_removed_and_the_others_are_used(line, here):
    here.sync(3, 100, NOON)
    later = b'{"kind": "later", "x": 1}\n'
    with here.log.path.open("ab") as file:
        file.write(line + b"\n" + later)
    here.sync(3, 200, NOON + 100)
    (series,) = here.log.series()
    assert len(series.syncs) == 2
    lines = here.log.path.read_bytes().splitlines()
    assert line not in lines and later.strip() in lines and len(lines) == 3
    assert [path.name for path in here.log.path.parent.iterdir()] == ["clock.jsonl"]


@pytest.mark.parametrize("end", [-1, -20])
def test_a_line_after_a_torn_one_is_not_lost(end, here):
    here.sync(3, 100, NOON)
    here.sync(3, 200, NOON + 100)
    here.log.path.write_bytes(here.log.path.read_bytes()[:end])
    here.sync(3, 300, NOON + 200)
    (series,) = here.log.series()
    assert [sync.uptime_s for sync in series.syncs] == [100, *([200] if end == -1 else []), 300]


def test_a_folder_in_place_of_the_log_costs_only_what_the_runs_do_not_contain(here):
    here.log.path.mkdir(parents=True)
    here.sync(3, 300, NOON + 200)
    path = here.store.path(POD, 1)
    path.write_bytes(content(3, [told(90, NOON - 10)]))
    here.log.add_run(path, 1, b"\0" * 32)
    times = here.when(path)
    assert error_s(times) <= times.start.error_s < 0.1


def test_of_a_gigantic_log_the_end_is_read_and_nothing_is_lost(here, monkeypatch):
    monkeypatch.setattr("retropod.runs.clocklog._MOST", 2000)
    here.sync(3, 100, NOON)
    first = here.log.path.read_bytes()
    here.log.path.write_bytes(first + b"x" * 5000 + b"\n")
    here.sync(3, 200, NOON + 100)
    (series,) = here.log.series()
    assert [sync.uptime_s for sync in series.syncs] == [200]
    assert here.log.path.stat().st_size < 2000
    (old,) = here.log.path.parent.glob("*.old")
    assert old.read_bytes().startswith(first)


def test_events_after_the_year_2100_and_before_2025_are_no_times(here):
    path = here.fetch(1, content(3, [event("clock_sync", 90, 2**31 - 1, 0), told(95, NOON - 5)]))
    assert error_s(here.when(path)) < 0.1


def test_a_log_that_cannot_be_read_now_is_not_replaced(here, monkeypatch):
    here.sync(3, 90, NOON - 10)
    (path,) = here.store.root.rglob("clock.jsonl")
    before = path.read_bytes()

    def fail(path):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr("retropod.runs.clocklog._content", fail)
        here.fetch(1, content(3, [told(200, NOON + 100)]), NOON + 210)
        here.sync(3, 300, NOON + 200)
    assert path.read_bytes().startswith(before)
