"""Raw samples on a slow line wait while a run is fetched, and go on after it; nothing else is lost."""

import time
from itertools import pairwise

from retropod.client.pod import Pod
from retropod.runs.download import download
from retropod.runs.store import Store
from retropod.transport.serial import BAUD, SerialTransport
from retropod.virtual.pod import VirtualPod
from torture.downloads import recorded


def raw_for(stream, seconds):
    """First samples of the raw messages that come within so long."""
    end, found = time.monotonic() + seconds, []
    while time.monotonic() < end:
        item = stream.next(0.1)
        if getattr(item, "type", "") == "raw":
            found.append(item.sample)
    return found


def test_a_download_goes_first(tmp_path, micropython):
    folder = recorded(tmp_path, 8.0, line_rate=BAUD)
    with VirtualPod(folder, baud=BAUD) as slow, Pod(SerialTransport(slow.url)) as client:
        entry = client.runs()[0]
        with client.stream("raw") as stream:
            samples = raw_for(stream, 1.5)
            began = time.monotonic()
            done = download(client, Store(tmp_path / "store"), entry.run)
            took_s = time.monotonic() - began
            samples += raw_for(stream, 2.0)
        status = client.status()
    jumps = [other - one for one, other in pairwise(samples)]
    assert done.size > 10_000 and max(jumps) > 416 * took_s / 2  # the samples of that time were not sent
    assert jumps[-1] < 300, "and then they came again"
    assert (status.samples_lost, status.frames_dropped) == (0, 0)
