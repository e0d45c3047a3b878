"""Links with a latency above the first time-out, and links that stall for seconds and then deliver everything."""

import contextlib
import threading
import time

import pytest

from retropod.client.pod import Pod
from retropod.runs.download import download
from retropod.runs.store import Store, digest
from retropod.transport.serial import SerialTransport
from torture.line import BadLine, Rates

LATENCY_S = 0.6  # of each direction: the round trip exceeds the first time-out
NO_FAULTS = Rates(byte=0.0, delay=0.0)


@contextlib.contextmanager
def link(pod, latency_s=0.0):
    line = BadLine(pod.url, 1, NO_FAULTS, latency_s)
    try:
        yield line
    finally:
        line.close()


def test_exchanges_and_streams_work_over_a_link_whose_round_trip_exceeds_the_first_time_out(walking, tmp_path):
    pod = walking()
    with link(pod, LATENCY_S) as line, Pod(SerialTransport(line.url)) as client:
        run = client.record("start", "strides", "raw")
        with client.stream("strides") as stream:
            strides = [item for _ in range(16) if (item := stream.next(0.5)) is not None]
        assert [item.type for item in strides] == ["stride"] * len(strides) and strides
        assert client.record("stop") == run
        assert client.change("name", "far away") == {"name": "far away"}
        (entry,) = client.runs()
        assert download(client, Store(tmp_path), run, size=entry.raw["size"]).size == entry.raw["size"]


@pytest.fixture
def recorded(walking):
    """A pod that holds a run of some 50 kB, the number of the run, and its digest."""
    pod = walking(speed="max")
    with Pod(SerialTransport(pod.url)) as client:
        client.record("start", "strides", "raw")
        assert pod.wait_source_end(60)
        run = client.record("stop")
        sha256 = client.digest(run)[1]
    return pod, run, sha256  # the port is closed: two readers would take each other's bytes


@pytest.mark.parametrize("freeze_s", [0.7, 7.0])
def test_a_download_over_a_link_that_stalls_ends_with_the_right_bytes(recorded, tmp_path, freeze_s):
    """The answer to a request arrives seconds after its time-out, when others have been sent."""
    pod, run, sha256 = recorded
    with link(pod, 0.1) as line, Pod(SerialTransport(line.url)) as client:
        freezes = threading.Event()

        def progress(done, total):
            if done > 20_000 and not freezes.is_set():
                freezes.set()
                line.freeze(freeze_s)

        done = download(client, Store(tmp_path), run, progress)
        assert freezes.is_set() and digest(done.path) == sha256
        assert done.wire_bytes < 5 * done.size


def test_each_answer_of_a_link_that_stalls_is_taken(walking):
    pod = walking()
    with link(pod) as line, Pod(SerialTransport(line.url)) as client:
        for exchange in (Pod.status, Pod.settings, Pod.runs):
            client.hello()
            line.freeze(1.6)  # a time-out of 0.4 s is doubled twice
            begun, sent = time.monotonic(), client.connection.requests
            exchange(client)
            assert time.monotonic() - begun >= 1.0
            assert 2 <= client.connection.requests - sent <= 4
