"""Every exchange with a pod that lies ends within its limits, with a result or with an error of one line."""

import threading
from contextlib import suppress

import pytest

from host.lyingpod import LIES, LyingPod, shorten_waits
from retropod import cli
from retropod.cli.options import reset
from retropod.client import discover
from retropod.client.pod import Pod
from retropod.client.timesync import synchronise
from retropod.doctor import examine
from retropod.errors import RetropodError
from retropod.runs.download import download
from retropod.runs.store import Store

_HURRY = 0.01  # factor of all waits
_HANGS_S = 60.0  # an exchange takes less than 1 s with these waits
RUN = bytes(range(256)) * 20


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    shorten_waits(_HURRY, monkeypatch.setattr)


def _streamed(pod):
    with pod.stream("strides", "events") as stream:
        for _ in range(3):
            stream.next(0.01)


EXCHANGES = {
    "hello": Pod.hello,
    "status": Pod.status,
    "runs": Pod.runs,
    "read": lambda pod: list(pod.read_run(1, 0, len(RUN), 0.02)),
    "digest": lambda pod: pod.digest(1, len(RUN)),
    "erase": lambda pod: pod.erase(1, bytes(32)),
    "settings": Pod.settings,
    "change": lambda pod: pod.change("length_factor", 1.0),
    "mount": Pod.mount,
    "faults": Pod.faults,
    "checks": lambda pod: list(pod.checks()),
    "record": lambda pod: pod.record("start", "strides"),
    "time": synchronise,
    "stream": _streamed,
    "restart": Pod.restart,
    "revive": Pod.revive,
}


def _ends(do, *args):
    """Return the result of `do`, or its error. Fail if it hangs or raises anything else."""
    result = []

    def run():
        try:
            result.append(do(*args))
        except RetropodError as error:
            result.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_HANGS_S)
    assert result, "hangs, or raises another error"
    if isinstance(result[0], RetropodError):
        assert result[0].message and "\n" not in result[0].message
    return result[0]


def test_a_pod_that_does_not_lie_answers_every_exchange(tmp_path, monkeypatch):
    monkeypatch.undo()  # An honest pod gets the usual time, also on a machine under load.
    with Pod(LyingPod(lambda message, values: [(message, values)], RUN)) as pod:
        for name, exchange in EXCHANGES.items():
            if name not in ("mount", "erase"):  # TinyPod has no mount and compares digests
                assert not isinstance(_ends(exchange, pod), RetropodError), name
        assert download(pod, Store(tmp_path), 1).path.read_bytes() == RUN


@pytest.mark.parametrize("lie", LIES)
def test_every_exchange_with_a_liar_ends(lie, tmp_path):
    with Pod(LyingPod(LIES[lie], RUN)) as pod:
        for exchange in EXCHANGES.values():
            _ends(exchange, pod)
        got = _ends(download, pod, Store(tmp_path), 1)
        assert isinstance(got, RetropodError) or got.path.read_bytes() in (RUN, b"")
    with suppress(RetropodError):
        Pod(LyingPod(LIES[lie], greets=False)).close()


COMMANDS = (
    "info",
    "runs",
    "download",
    "erase",
    "config get",
    "config set name x",
    "time sync",
    "mount --query",
    "record start",
    "record lap",
    "record stop",
    "live --seconds 0.2",
    "doctor",
)


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_every_command_with_a_liar_ends_with_an_exit_code_and_no_traceback(lie, form, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path))
    monkeypatch.setattr(discover, "SerialTransport", lambda *_: LyingPod(LIES[lie], RUN))
    monkeypatch.setattr(examine, "SerialTransport", lambda *_: LyingPod(LIES[lie], RUN))
    for command in COMMANDS:
        reset()
        code = _ends(cli.run, ["--port", "liar", *form, *command.split()])
        errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
        assert code in range(6) and len(errors) <= 1, command
        assert not [error for error in errors if "unexpected" in error], (command, errors)
