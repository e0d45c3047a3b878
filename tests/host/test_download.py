"""Downloads with lost frames, interruptions, damage, or an erased pod."""

import random
import threading
from itertools import chain

import pytest

from host.tinypod import TinyPod
from retropod.client.pod import Pod
from retropod.client.reconnect import ReconnectingPod
from retropod.client.roundtrip import Patience
from retropod.errors import DamagedData, NoPod
from retropod.runs.download import download
from retropod.runs.ranges import Ranges
from retropod.runs.store import Store, digest
from retropod.transport.serial import PortGone
from retrowire import schema

RUN = random.Random(3).randbytes(200_000)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def test_a_clean_download_is_stored_verified_and_efficient(store):
    with Pod(TinyPod(RUN)) as pod:
        done = download(pod, store, 1)
        again = download(pod, store, 1)
    assert done.path.read_bytes() == RUN
    assert store.recorded_digest(done.path) == digest(done.path)
    assert len(RUN) / done.wire_bytes > 0.96
    assert again.already
    assert again.fetched == 0
    assert [path.name for path in sorted(done.path.parent.iterdir())] == ["000001.rpr", "000001.rpr.sha256"]


def test_lost_and_damaged_frames_are_fetched_again(store):
    loss = random.Random(5)

    def mangle(index, frame):
        if index > 2 and loss.random() < 0.1:
            return None if loss.random() < 0.5 else frame[:9] + b"\x55" + frame[10:]
        return frame

    with Pod(TinyPod(RUN, mangle)) as pod:
        assert download(pod, store, 1).path.read_bytes() == RUN


def test_an_interrupted_download_goes_on_where_it_stopped(store):
    class Unplugged(Exception):
        pass

    def pull(done, total):
        if done > 100_000:
            raise Unplugged

    with Pod(TinyPod(RUN)) as pod:
        with pytest.raises(Unplugged):
            download(pod, store, 1, pull)
        done = download(pod, store, 1)
    assert done.path.read_bytes() == RUN
    assert done.fetched < 101_000


def test_what_another_run_left_here_does_not_spoil_a_download(store):
    with Pod(TinyPod(RUN)) as pod:
        part = store.path(pod.pod_id, 1)
        part.parent.mkdir(parents=True)
        part.with_name("000001.rpr.part").write_bytes(b"z" * 50_000)
        part.with_name("000001.rpr.part.json").write_text("[[0, 50000]]")
        assert download(pod, store, 1).path.read_bytes() == RUN


def test_a_digest_that_does_not_match_stores_nothing(store):
    fake = TinyPod(RUN)
    with Pod(fake) as pod:
        real = fake._handle

        def lying(message, body):
            if message == schema.RUN_READ:
                fake.run = b"?" + RUN[1:]
                real(message, body)
                fake.run = RUN
            else:
                real(message, body)

        fake._handle = lying
        with pytest.raises(DamagedData):
            download(pod, store, 1)
    assert store.all() == []


def test_a_pod_that_falls_silent_leaves_what_came(store, monkeypatch):
    monkeypatch.setattr("retropod.runs.download._SILENCE_S", 0.01)
    monkeypatch.setattr("retropod.client.pod._REVIVALS", 1)
    monkeypatch.setattr("retropod.client.pod._REVIVAL", Patience(0.5))
    monkeypatch.setattr("retropod.client.connection._PROMPT_S", 0.1)
    fake = TinyPod(RUN, mangle=lambda index, frame: frame if index < 100 else None)
    with Pod(fake) as pod:
        with pytest.raises(NoPod):
            download(pod, store, 1)
        fake.mangle = None
        done = download(pod, store, 1)
    assert done.fetched <= len(RUN) - 90 * 507


def test_a_pod_that_ended_in_the_prompt_is_brought_back(store, monkeypatch):
    monkeypatch.setattr("retropod.runs.download._SILENCE_S", 0.01)
    monkeypatch.setattr("retropod.client.pod._REVIVAL", Patience(0.5))
    fake = TinyPod(RUN)

    def ends_in_the_prompt(index, frame):
        if index == 100:
            fake.silent, fake.prompt = True, b"\r\n>>> "
        return None if fake.silent else frame

    fake.mangle = ends_in_the_prompt
    with Pod(fake) as pod:
        done = download(pod, store, 1)
    assert done.path.read_bytes() == RUN
    assert fake.soft_resets == 1


def test_a_port_that_went_away_is_opened_again(store):
    pods = []

    def connect():
        pods.append(TinyPod(RUN, unplugged_at(100 * len(pods))))
        return Pod(pods[-1])

    def unplugged_at(index):
        return lambda at, frame: pods[-1].unplug() if at == index + 150 and len(pods) < 3 else frame

    told = []
    with ReconnectingPod(connect, told.append) as cable:
        done = download(cable.pod, store, 1, reconnect=cable.reconnect)
    assert done.path.read_bytes() == RUN
    assert len(pods) == 3 and len(told) == 2
    assert done.fetched == len(RUN)  # nothing came twice


def test_without_a_way_back_a_pulled_cable_ends_it_and_keeps_what_came(store):
    fake = TinyPod(RUN)
    fake.mangle = lambda at, frame: fake.unplug() if at == 200 else frame
    with Pod(fake) as pod, pytest.raises(PortGone):
        download(pod, store, 1)
    with Pod(TinyPod(RUN)) as pod:
        assert download(pod, store, 1).fetched < len(RUN) - 150 * 507


def test_a_port_that_goes_away_while_the_pod_is_greeted_is_waited_for():
    fake = TinyPod(RUN)
    fake.mangle = lambda at, frame: fake.unplug()
    ports = iter([fake, TinyPod(RUN)])
    with ReconnectingPod(lambda: Pod(next(ports))) as cable:
        assert len(cable.retry(Pod.runs)) == 3


def test_another_pod_at_the_same_port_is_not_taken_for_the_first():
    first, other, again = TinyPod(RUN), TinyPod(RUN), TinyPod(RUN)
    other.device_id = bytes(8)
    ports = iter([first, other, again])
    with ReconnectingPod(lambda: Pod(next(ports))) as cable:
        assert cable.reconnect().pod_id == first.device_id.hex()
    assert next(ports, None) is None


def test_another_pod_that_stays_at_the_port_ends_the_wait():
    def other():
        pod = TinyPod(RUN)
        pod.device_id = bytes(8)
        return pod

    ports = chain([TinyPod(RUN)], iter(other, None))
    cable = ReconnectingPod(lambda: Pod(next(ports)), patience_s=0.1)
    with cable, pytest.raises(NoPod, match="another pod"):
        cable.reconnect()


def test_a_port_that_goes_away_each_time_before_a_new_byte_ends_the_download(store):
    pods = []

    def connect():
        pods.append(TinyPod(RUN))
        pods[-1].mangle = lambda at, frame: pods[-1].unplug() if at == 2 else frame
        return Pod(pods[-1])

    with ReconnectingPod(connect) as cable, pytest.raises(PortGone):
        download(cable.pod, store, 1, reconnect=cable.reconnect)
    assert len(pods) < 10


@pytest.mark.parametrize("piece", [(0, RUN[:50]), (0, b""), (300_000, b"x")])
def test_data_that_is_not_new_is_not_progress(store, monkeypatch, piece):
    monkeypatch.setattr("retropod.runs.download._PATIENCE_S", 0.5)
    monkeypatch.setattr("retropod.runs.download._SILENCE_S", 0.1)
    fake = TinyPod(RUN)

    def same(request, *_):
        for _ in range(3000):
            fake.send(schema.RUN_DATA, request=request, offset=piece[0], data=piece[1])

    fake._read = same
    with Pod(fake) as pod, pytest.raises(NoPod, match="stopped sending run 1"):
        download(pod, store, 1)


def test_a_byte_at_a_time_is_too_slow_for_a_download(store, monkeypatch):
    monkeypatch.setattr("retropod.runs.download._WITHIN_S", 0.3)
    fake = TinyPod(RUN)

    def trickle(request, run, offset, length):
        fake.send(schema.RUN_DATA, request=request, offset=offset, data=RUN[offset : offset + 1])
        if not fake.silent:
            threading.Timer(0.02, trickle, (request, run, offset + 1, length)).start()

    fake._read = trickle
    with Pod(fake) as pod:
        with pytest.raises(NoPod, match="stopped sending run 1"):
            download(pod, store, 1)
        fake.silent = True


def test_a_wiped_pods_run_of_the_same_number_replaces_nothing(store):
    for content in (RUN, RUN[:1000] + b"other"):
        with Pod(TinyPod(content)) as pod:
            download(pod, store, 1)
    assert sorted(digest(run.path).hex()[:4] for run in store.all()) == sorted(
        __import__("hashlib").sha256(content).hexdigest()[:4] for content in (RUN, RUN[:1000] + b"other")
    )


def test_a_run_that_has_grown_replaces_its_earlier_part(store):
    for content in (RUN[:1000], RUN):
        with Pod(TinyPod(content)) as pod:
            download(pod, store, 1)
    assert [run.path.read_bytes() for run in store.all()] == [RUN]


def test_ranges_merge_and_name_their_holes():
    ranges, random_ = Ranges(), random.Random(1)
    here = set()
    for _ in range(300):
        start = random_.randrange(1000)
        end = start + random_.randrange(20)
        ranges.add(start, end)
        here |= set(range(start, end))
        missing = {at for hole in ranges.missing(1000) for at in range(*hole)}
        assert missing == set(range(1000)) - here
        assert ranges.total() == len(here)
