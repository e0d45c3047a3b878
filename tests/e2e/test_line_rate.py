"""A faster line: agreed, tried and used; and whatever goes wrong with it, both ends meet at the line's own rate."""

import contextlib
import re
import shutil

import pytest

from retropod.client.linerate import faster
from retropod.client.messages import DoneMessage, LineSetMessage
from retropod.client.pod import Pod
from retropod.errors import NoPod
from retropod.runs.download import download
from retropod.runs.store import Store
from retropod.transport.serial import BAUD, SerialTransport
from retropod.virtual.pod import VirtualPod
from torture.downloads import recorded


@pytest.fixture(scope="module")
def flash(tmp_path_factory, micropython):
    return recorded(tmp_path_factory.mktemp("recorded"), 12.0, line_rate=BAUD)


@pytest.fixture
def bridge(flash, tmp_path):
    """A virtual pod behind a USB bridge, with a UART as that of this chip."""
    pods = []

    def make(chip="esp32", **settings):
        shutil.copytree(flash, tmp_path / "pod")
        pods.append(VirtualPod(tmp_path / "pod", uart=chip, **settings))
        pods[-1].start()
        return pods[-1]

    yield make
    for pod in pods:
        pod.close()


def fetched(client, tmp_path, progress=lambda done, size: None):
    """Return the size of the run."""
    (entry,) = client.runs()
    return download(client, Store(tmp_path / "store"), entry.run, progress, entry.raw["size"]).size


@pytest.mark.parametrize("chip", ["esp32", "esp32c3"])
def test_a_run_comes_faster_and_the_line_is_put_back(bridge, tmp_path, chip):
    pod = bridge(chip)
    with Pod(SerialTransport(pod.url)) as client:
        with faster(client) as rate:
            assert rate == 921_600
            assert fetched(client, tmp_path)
        assert client.fast == 0 and client.hello(attempts=1)
    with Pod(SerialTransport(pod.url), hello_attempts=2) as client:
        assert client.status().frames_dropped == 0


@pytest.mark.parametrize("rate", ["460800", "own"])
def test_the_rate_of_a_download_is_selected(bridge, tool, tmp_path, rate):
    at = tool(bridge().url)
    ran = at.good("download", "--line-rate", rate, "--json", "--verbose")
    assert re.findall("the line is at (.*) baud", ran.err) == ([] if rate == "own" else ["460,800"])
    assert ran.objects[0]["size_bytes"] == (at.store / ran.objects[0]["file"]).stat().st_size
    assert at.good("info"), "the line is at its own rate again"


def test_the_repl_is_at_its_rate_after_the_app(bridge):
    pod = bridge()
    with Pod(SerialTransport(pod.url)) as client, faster(client) as rate:
        assert rate == 921_600
        client.restart()
        assert not client.connection.at_prompt()  # nothing answers at this rate
    with Pod(SerialTransport(pod.url), hello_attempts=60) as client:
        assert client.greeting.boot_count >= 3


def test_a_divisor_that_is_wrong_is_noticed_and_taken_back(bridge, tmp_path):
    pod = bridge(uart_bus_hz=40_000_000)  # the pod hears and says nothing but rubbish at the new rate
    told = []
    with Pod(SerialTransport(pod.url)) as client, faster(client, (921_600,), told.append) as rate:
        assert rate == 0
        fetched(client, tmp_path)
    assert told == ["921,600 baud did not work on this line"]


def test_a_host_that_cannot_follow(bridge, monkeypatch):
    pod = bridge()
    with Pod(SerialTransport(pod.url)) as client:
        change = client.connection.transport.change_rate
        monkeypatch.setattr(client.connection.transport, "change_rate", lambda rate: rate == BAUD and change(rate))
        with faster(client, (460_800,)) as rate:
            assert rate == 0
            assert client.hello(attempts=1)


def test_a_host_that_goes_away_right_after_the_change(bridge):
    pod = bridge()
    with Pod(SerialTransport(pod.url)) as client:
        client.connection.ask(LineSetMessage(rate=921_600), DoneMessage)
    for _ in range(5):  # Each attempt takes at least 1 s, and the pod falls back after 1 s.
        with contextlib.suppress(NoPod), Pod(SerialTransport(pod.url), hello_attempts=1) as client:
            assert client.status()
            return
    pytest.fail("the pod did not fall back")


def test_a_line_that_turns_bad_later_falls_back_at_both_ends(bridge, tmp_path):
    pod = bridge()
    with Pod(SerialTransport(pod.url)) as client, faster(client, (460_800,)) as rate:
        assert rate == 460_800
        spoilt = []

        def spoil(done, size):
            if done > size // 4 and not spoilt:
                client.connection.transport.change_rate(57_600)  # from now on neither end understands the other
                spoilt.append(done)

        fetched(client, tmp_path, spoil)
        assert spoilt and client.fast == 0


def test_an_unknown_chip_stays_as_it_is(bridge):
    told = []
    with Pod(SerialTransport(bridge("esp32c6").url)) as client:
        with faster(client, tell=told.append) as rate:
            assert rate == 0
        assert client.hello(attempts=1)
    assert "no known chip" in told[0]


def test_a_socket_has_no_rate(flash, tmp_path):
    told = []
    with (
        VirtualPod(flash, link="socket") as pod,
        Pod(SerialTransport(pod.url)) as client,
        faster(client, tell=told.append) as rate,
    ):
        assert rate == 0
    assert "fixed rate" in told[0]
