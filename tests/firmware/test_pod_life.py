"""The whole firmware on the virtual pod, without faults."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from firmware.podlife import IDENTITY, client, stored, until
from retropod.client import wire
from retropod.client.refusals import PodRefused
from retropod.client.stream import Gap
from retropod.runs.samples import decode
from retropod.virtual.pod import VirtualPod
from retropod.virtual.source import Imperfections, Source
from retrowire import schema
from shared import scenario

CHIPS = ["lsm6dso32", "adxl345"]  # with a gyroscope, without


def test_strides_stream_and_are_stored_alike(virtual: Callable[..., VirtualPod], walk: Source) -> None:
    pod = virtual(walk, hold=True, speed="max", patience_ms=30_000)
    with client(pod) as host:
        host.mount("given", IDENTITY)
        run = host.record("start")
        items = []
        with host.stream("strides", "raw", "events", lease_s=300) as stream:
            pod.go()
            while sum(getattr(item, "type", "") == "stride" for item in items) < 25:
                items.append(stream.next(1.0))
        host.record("lap")
        assert host.record("stop") == run
        header, messages = stored(host, run)
        status = host.status()
        (entry,) = host.runs()
    streamed = [item for item in items if getattr(item, "type", "") == "stride"]
    raw = [item for item in items if getattr(item, "type", "") == "raw"]
    kept = [message for kind, message in messages if kind == "stride"]
    assert [stride.values for stride in kept[:25]] == [stride.values for stride in streamed]
    assert {stride.direction for stride in streamed[1:]} == {"forward"}
    assert not [item for item in items if isinstance(item, Gap)]
    samples = decode(raw)
    assert len(samples.index) > 8000 and np.array_equal(samples.index, np.arange(len(samples.index)))
    made = np.hstack([walk.counts("acc", 416.6875, 0.976e-3), walk.counts("gyr", 416.6875, 70e-3)])
    assert np.array_equal(samples.counts, made[: len(samples.counts)])
    assert [message.kind for kind, message in messages if kind == "event"] == ["lap", "stopped"]
    assert header["run"] == run and header["continues"] == 0
    assert (entry.run, entry.strides, entry.flags) == (run, len(kept), ())
    assert status.samples_lost == status.fifo_overruns == status.frames_dropped == status.values_clamped == 0
    assert status.strides >= len(kept) and status.state == "armed"


def test_run_that_was_open_at_a_power_cut_goes_on(virtual: Callable[..., VirtualPod], walk: Source) -> None:
    pod = virtual(walk)
    with client(pod) as host:
        host.mount("given", IDENTITY)
        host.change("loss_window_s", 1)
        host.record("start")
        until(lambda: host.status().durable_sequence >= 2, 15)
        durable = host.status().durable_sequence
    pod.kill()
    pod.power_on()
    with client(pod) as host:
        status = host.status()
        assert (status.run, status.state, status.mount) == (2, "recording", "suspect")
        assert host.mount().reason == "power_lost"
        _, messages = stored(host, 1)
        assert len(messages) >= durable
        host.record("stop")
        header, messages = stored(host, 2)
        assert header["continues"] == 1 and messages[0][1].kind == "reset"
        assert [entry.flags for entry in host.runs()] == [(), ("continues",)]


@pytest.mark.parametrize("chip", CHIPS)
def test_ten_steps_forward_clear_the_doubt_after_a_power_loss(
    virtual: Callable[..., VirtualPod], walk: Source, chip: str
) -> None:
    pod = virtual(walk, hold=True, speed="max", chip=chip)
    with client(pod) as host:
        host.mount("given", IDENTITY)
    pod.kill()
    pod.power_on()
    with client(pod) as host, host.stream("strides", lease_s=300) as stream:
        assert host.status().mount == "suspect"
        pod.go()
        directions = []
        while len(directions) < 12:
            item = stream.next(1.0)
            if getattr(item, "type", "") == "stride":
                directions.append(item.direction)
        assert set(directions[:5]) == {"unknown"} and set(directions[6:]) == {"forward"}
        assert host.status().mount == "given"


def test_run_survives_the_reset_button(virtual: Callable[..., VirtualPod]) -> None:
    pod = virtual()
    with client(pod) as host:
        host.mount("given", IDENTITY)
        host.record("start")
    pod.reset()
    with client(pod) as host:
        assert host.greeting.boot_count == 2
        assert (host.status().run, host.status().mount) == (2, "given")
        host.restart()
        greeting = host.await_hello(60.0)
        assert greeting.boot_count == 3
        assert host.status().run == 0  # a restart on request closes the run


def rotation(axis: int, degrees: float) -> Any:
    """About one axis, right-handed."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.eye(3)
    a, b = (axis + 1) % 3, (axis + 2) % 3
    turn[a, a] = turn[b, b] = c
    turn[a, b], turn[b, a] = -s, s
    return turn


@pytest.mark.parametrize("chip", CHIPS)
def test_mount_check_finds_a_misaligned_pod(virtual: Callable[..., VirtualPod], chip: str) -> None:
    recording = scenario("walk", 416.6875, 3, duration_s=30)
    true = rotation(2, 130) @ rotation(1, 25) @ rotation(0, -15)
    source = Source(recording.acc, recording.gyr, 416.6875, imperfections=Imperfections(mount=true))
    pod = virtual(source, hold=True, speed=4.0, chip=chip)
    with client(pod) as host:
        assert host.mount("learn").phase == "still"
        pod.go()
        mount = until(lambda: (found := host.mount()).phase in ("passed", "failed") and found, 30)
        assert (mount.phase, mount.state, mount.reason) == ("passed", "verified", "none")
        off = np.array(mount.matrix).reshape(3, 3) @ true.T
        assert np.degrees(np.arccos(min(1.0, (np.trace(off) - 1) / 2))) < 5  # a matrix in Q14 may be a little too long
    pod.reset()
    with client(pod) as host:
        assert host.mount().state == "verified"
        assert host.mount("forget").state == "none"


def test_refusals_name_what_is_wrong(virtual: Callable[..., VirtualPod]) -> None:
    with client(virtual()) as host:
        refused: list[tuple[str, Callable[[], Any]]] = [
            ("not_recording", lambda: host.record("stop")),
            ("not_recording", lambda: host.record("lap")),
            ("no_such_run", lambda: host.digest(9)),
            ("no_such_run", lambda: list(host.read_run(9, 0, 1))),
            ("bad_setting", lambda: host.change("rate_hz", 417)),
            ("bad_setting", lambda: host.settings("nonsense")),
            ("malformed", lambda: host.mount("given", (1.0,) * 9)),
            ("already_recording", lambda: host.record("start")),
            ("run_open", lambda: host.digest(1)),
        ]
        for code, action in refused:
            if code == "already_recording":
                host.record("start")
            with pytest.raises(PodRefused) as refusal:
                action()
            assert refusal.value.code == code
        host.record("stop")
        with pytest.raises(PodRefused) as refusal:
            host.erase(1, bytes(32))
        assert refusal.value.code == "not_verified"
        host.erase(1, host.digest(1)[1])
        assert host.runs() == []
        assert host.record("start") == 2  # a number is never used again


def test_a_repeated_request_is_answered_again_and_done_once(virtual: Callable[..., VirtualPod]) -> None:
    """Its answer was lost on the way, so the host sends it again under the same number."""
    pod = virtual()
    with client(pod) as host:
        answers: list[wire.Message] = []
        host.connection._deliver = answers.append
        start, lap, stop = bytes((77, 1, 0)), bytes((78, 3, 0)), bytes((79, 2, 0))
        for payload in (start, start, start, lap, lap, stop, stop):
            host.connection.transmit(schema.RECORD, payload)
            time.sleep(0.1)
        # on a busy machine an answer to a repeated greeting may come among them
        told = until(lambda: (found := [one for one in answers if one.type != "hello"])[6:] and found)
        assert [(answer.type, answer.value) for answer in told] == [("done", 1)] * 7
    with client(pod) as host:
        kinds = [message.kind for kind, message in stored(host, 1)[1] if kind == "event"]
        assert kinds == ["lap", "stopped"] and len(host.runs()) == 1


def test_raw_samples_are_refused_by_what_they_take_compressed(virtual: Callable[..., VirtualPod]) -> None:
    def restarted(host: Any, line_rate: int) -> None:
        boots = host.greeting.boot_count
        host.change("line_rate", line_rate)
        host.restart()
        until(lambda: host.await_hello(60.0).boot_count > boots)
        until(lambda: host.status().samples > 0)

    with client(virtual()) as host:
        restarted(host, 38_400)
        with host.stream("raw"):
            pass  # 26 of 38 kbit/s
        restarted(host, 28_800)
        with pytest.raises(PodRefused, match=r"raw takes 2620 bytes/s, the line carries 2880") as refusal:
            host.stream("raw").__enter__()
        assert refusal.value.code == "line_too_slow"
