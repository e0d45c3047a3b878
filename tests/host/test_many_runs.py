"""Commands on many runs: a run that fails does not keep the others from being fetched or erased."""

import json
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from host.runfiles import run_file
from host.test_runs import run_file as strides_file
from host.tinypod import TinyPod
from retropod import durable
from retropod.cli.commands import cli
from retropod.cli.options import Options
from retropod.client.pod import Pod
from retropod.client.reconnect import ReconnectingPod
from retropod.client.roundtrip import Patience
from retropod.errors import NoPod, RetropodError
from retropod.runs.clocklog import ClockLog
from retropod.runs.store import Store
from retrowire import schema

GOOD = {number: run_file(number, 8) for number in (2, 4)}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def pod(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> TinyPod:
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path))
    fake = TinyPod()
    monkeypatch.setattr(Options, "connect", lambda options: Pod(fake))
    return fake


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def failure(ran: Result) -> RetropodError:
    assert isinstance(ran.exception, RetropodError), ran.output
    return ran.exception


def numbers(store: Store) -> list[int]:
    return sorted(one.run for one in store.all())


def refusing(fake: TinyPod, message: int, run: int) -> None:
    """Let the pod refuse this request for one run, as for a file that it cannot read."""
    handle = fake._handle

    def selective(number, body):
        fake.refuse = {message: "failed"} if number == message and body[1] == run else {}
        handle(number, body)

    fake._handle = selective


BAD = {
    "no header": b"no run file" * 50,
    "damaged header": b"?" + GOOD[2][1:400],
    "later format": strides_file(incompatible=0x80),
    "damaged block": GOOD[2][:900] + b"??" + GOOD[2][902:],
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_run_does_not_keep_the_others_on_the_pod(kind, pod, store):
    pod.runs = {1: BAD[kind], 3: BAD[kind], **GOOD}
    ran = run("download")
    assert numbers(store) == [1, 2, 3, 4]
    assert failure(ran).exit_code == (4 if kind == "later format" else 5)
    assert failure(ran).message == "2 of 4 runs failed: 1, 3"
    assert [line.split(":")[0] for line in ran.stderr.splitlines() if line.startswith("run ")] == ["run 1", "run 3"]
    assert run("erase").exit_code == 0 and sorted(pod.erased) == [1, 2, 3, 4], "it is on this computer as it was"


@pytest.mark.parametrize("message", [schema.DIGEST_GET, schema.RUN_READ])
def test_a_run_that_the_pod_refuses_does_not_end_the_loop(message, pod, store, monkeypatch):
    monkeypatch.setattr("retropod.runs.download._PATIENCE_S", 0.2)
    monkeypatch.setattr("retropod.runs.download._SILENCE_S", 0.02)
    pod.runs = {1: run_file(1, 8), **GOOD}
    refusing(pod, message, 1)
    ran = run("download", "--json")
    assert numbers(store) == [2, 4] and failure(ran).exit_code in (1, 3)
    (failed,) = [one for line in ran.stdout.splitlines() if "error" in (one := json.loads(line))]
    assert failed["run"] == 1 and failed["exit_code"] == failure(ran).exit_code and failed["error"]


def test_the_failures_are_listed_in_json(pod, store):
    pod.runs = {1: BAD["no header"], 3: BAD["later format"], **GOOD}
    ran = run("download", "--json")
    failed = [one for line in ran.stdout.splitlines() if "error" in (one := json.loads(line))]
    assert [(one["run"], one["exit_code"]) for one in failed] == [(1, 5), (3, 4)]
    assert failure(ran).exit_code == 5, "the highest one"


def test_a_pod_that_goes_away_ends_the_loop_with_a_report(pod, store, monkeypatch):
    monkeypatch.setattr("retropod.client.pod._REVIVALS", 1)
    monkeypatch.setattr("retropod.client.pod._REVIVAL", Patience(0.1))
    monkeypatch.setattr("retropod.client.pod._HELLO", Patience(0.2))
    monkeypatch.setattr("retropod.client.pod.HELLO_S", 0.2)
    monkeypatch.setattr("retropod.cli.tally._HELLO_S", 0.2)
    monkeypatch.setattr("retropod.client.connection._PROMPT_S", 0.05)
    monkeypatch.setattr("retropod.client.pod._reading", lambda size: Patience(0.3))
    pod.runs = {1: BAD["no header"], **GOOD}
    digest = pod._digest

    def leave(request, number):
        pod.silent = number == 4
        if not pod.silent:
            digest(request, number)

    pod._digest = leave
    ran = run("download")
    assert numbers(store) == [1, 2] and failure(ran).exit_code == 3
    lines = ran.stderr.splitlines()
    assert any(line.startswith("run 1: ") for line in lines)
    assert lines[-1] == "1 run downloaded before this failure"


def test_a_run_that_cannot_be_erased_does_not_keep_the_others(pod, store):
    pod.runs = {1: run_file(1, 8), **GOOD}
    run("download")
    refusing(pod, schema.RUN_ERASE, 1)
    ran = run("erase", "--json")
    assert pod.erased == [2, 4] and failure(ran).exit_code == 1
    assert json.loads(ran.stdout.splitlines()[-1])["run"] == 1


def test_a_run_is_on_the_disk_before_the_pod_erases_it(pod, store, monkeypatch):
    pod.runs = dict(GOOD)
    run("download")
    steps = []
    monkeypatch.setattr(durable, "sync", lambda path: steps.append(path))
    erase = pod._erase
    pod._erase = lambda *values: (steps.append(values[1]), erase(*values))
    run("erase", "2")
    assert steps == [store.path("0102030405060708", 2), 2]


def test_a_bad_run_does_not_end_the_rebuilding_of_the_clock_log(pod, store):
    pod.runs = {1: BAD["no header"], 3: BAD["later format"], **GOOD}
    run("download")
    store.path("0102030405060708", 5).mkdir()
    log = ClockLog(store, "0102030405060708")
    log.path.unlink()
    assert log.series()


def test_a_cable_that_stays_away_ends_the_loop_with_its_own_error(pod, store, monkeypatch):
    monkeypatch.setattr("retropod.cli.runs.ReconnectingPod", partial(ReconnectingPod, patience_s=0.1))
    monkeypatch.setattr("retropod.client.reconnect._AGAIN_S", 0.01)
    pod.runs = {1: BAD["no header"], **GOOD}
    read = pod._read

    def connect(options):
        if pod.silent:
            raise NoPod("no such port")
        return Pod(pod)

    def pull(request, number, offset, length):
        pod.unplug() if number == 4 else read(request, number, offset, length)

    monkeypatch.setattr(Options, "connect", connect)
    pod._read = pull
    ran = run("download")
    assert numbers(store) == [1, 2]
    assert failure(ran).message == "no such port" and failure(ran).exit_code == 3
    assert ran.stderr.splitlines()[-1] == "1 run downloaded before this failure"


def test_the_kept_part_of_a_longer_run_that_the_pod_lost_is_whole(pod, store):
    """The pod was erased, and its new run of that number is shorter than the part of the old one."""
    (device,) = {pod.device_id.hex()}
    old = run_file(1, 40)[:6000]
    part = store.path(device, 1).with_name("000001.rpr.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(old)
    pod.runs = {1: run_file(1, 4, uptime_s=77)}
    assert len(pod.runs[1]) < len(old)
    assert run("download").exit_code == 0
    assert store.path(device, 1).read_bytes() == pod.runs[1]
    assert [path.read_bytes() for path in part.parent.glob("*.damaged")] == [old]


def test_two_names_of_one_run_erase_it_once(pod, store):
    pod.runs = dict(GOOD)
    run("download")
    assert run("erase", "2", "02").exit_code == 0 and pod.erased == [2]
