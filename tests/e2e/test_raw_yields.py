"""Raw samples on a slow line wait while a run is fetched, and go on after it; nothing else is lost."""

import time
from itertools import pairwise

from e2e.tool import PATIENCE_S
from retropod.client.pod import Pod
from retropod.runs.download import download
from retropod.runs.store import Store
from retropod.transport.serial import BAUD, SerialTransport
from retropod.virtual.pod import VirtualPod
from torture.downloads import recorded


def first_samples(stream, count):
    """Return the first sample of each of the next raw messages."""
    end, found = time.monotonic() + PATIENCE_S, []
    while len(found) < count:
        assert time.monotonic() < end, found
        item = stream.next(0.1)
        if getattr(item, "type", "") == "raw":
            found.append(item.sample)
    return found


def test_a_download_goes_first(tmp_path, micropython):
    folder = recorded(tmp_path, 8.0, line_rate=BAUD)
    with VirtualPod(folder, baud=BAUD) as slow, Pod(SerialTransport(slow.url)) as client:
        entry = client.runs()[0]
        with client.stream("raw") as stream:
            samples = first_samples(stream, 3)
            before = client.status().samples
            done = download(client, Store(tmp_path / "store"), entry.run)
            taken = client.status().samples - before
            samples += first_samples(stream, 20)
        status = client.status()
    jumps = [other - one for one, other in pairwise(samples)]
    assert done.size > 10_000 and max(jumps) > taken / 2  # most samples of that time were not sent
    assert jumps[-1] < 300, "and then they came again"
    assert (status.samples_lost, status.frames_dropped) == (0, 0)
