"""Downloads during other work: a recording, a stream, a host that is killed."""

import os
import signal
import subprocess
import sys
import time

import pytest

from e2e.tool import Tool
from retropod.client.pod import Pod
from retropod.client.stream import Gap
from retropod.runs import reader
from retropod.runs.download import download
from retropod.runs.store import Store
from retropod.transport.serial import BAUD, SerialTransport
from retropod.virtual.pod import VirtualPod
from torture.downloads import recorded

BYTES_PER_S = BAUD // 10


@pytest.fixture(scope="module")
def slow(tmp_path_factory, micropython):
    """A pod that holds a run, on a line of 115,200 baud."""
    with VirtualPod(recorded(tmp_path_factory.mktemp("recorded"), 12.0, line_rate=BAUD), baud=BAUD) as pod:
        yield pod


def test_while_recording_and_streaming(slow, tmp_path):
    with Pod(SerialTransport(slow.url)) as client:
        entry = client.runs()[0]
        run = client.record("start", "strides", "raw", "events")
        with client.stream("strides", "events") as stream:
            done = download(client, Store(tmp_path / "store"), entry.run)
            gaps = []
            while (item := stream.next(0.2)) is not None:
                gaps += [item] if isinstance(item, Gap) else []
        client.record("stop")
        recorded_meanwhile = download(client, Store(tmp_path / "store"), run)
        status = client.status()
    assert not gaps
    assert (status.samples_lost, status.fifo_overruns, status.frames_dropped) == (0, 0, 0)
    assert reader.read(done.path).whole
    assert reader.read(recorded_meanwhile.path).whole


def test_a_host_that_is_killed_goes_on_where_it_was(slow, tmp_path):
    tool = Tool(tmp_path / "store", slow.url)
    begun = subprocess.Popen(
        [sys.executable, "-c", "from retropod.cli import main; main()", "download", "1", "--port", slow.url],
        env={**os.environ, "RETROPOD_RUNS": str(tmp_path / "store")},
        stderr=subprocess.DEVNULL,
    )
    part = tmp_path / "store"
    while not any(path.stat().st_size > BYTES_PER_S for path in part.glob("*/*.part")):
        assert begun.poll() is None
        time.sleep(0.02)
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    done = tool.good("download", "1", "--json").objects[0]
    assert done["fetched_bytes"] < done["size_bytes"] - BYTES_PER_S // 2
