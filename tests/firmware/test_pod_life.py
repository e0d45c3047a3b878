"""The whole firmware on the virtual pod: what it does when things go well, and when they do not."""

import hashlib
import io
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retropod import wire
from retropod.connection import NoAnswer, PodRefused
from retropod.pod import Pod
from retropod.runs.samples import decode
from retropod.stream import Gap
from retropod.transport.serial import SerialTransport
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.pod import VirtualPod
from retropod.virtual.source import Imperfections, Source
from retrowire import runfile, schema

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@pytest.fixture(scope="module")
def walk() -> Source:
    """Standing, then a minute of walking."""
    recording = scenario("walk", 416.6875, 1, duration_s=60)
    return Source(recording.acc, recording.gyr, 416.6875)


@pytest.fixture
def virtual(micropython: Path, tmp_path: Path) -> Iterator[Callable[..., VirtualPod]]:
    """Makes virtual pods on one and the same flash, and ends them."""
    pods: list[VirtualPod] = []

    def make(source: Source | None = None, **options: Any) -> VirtualPod:
        for old in pods:
            old.close()
        pods[:] = [VirtualPod(tmp_path, source, **options)]
        pods[0].start()
        return pods[0]

    yield make
    for pod in pods:
        log = pod.log_text()
        pod.close()
        assert "Traceback" not in log, log


def client(pod: VirtualPod) -> Pod:
    return Pod(SerialTransport(pod.url))


def until(condition: Callable[[], Any], timeout_s: float = 8.0) -> Any:
    """What `condition` returns as soon as that is true."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def stored(pod: Pod, run: int) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """Header values and all messages of a run on the pod; its digest is checked."""
    data = b"".join(piece for _, piece in pod.read_run(run, 0, 1 << 24))
    if run != pod.status().run:
        assert pod.digest(run) == (len(data), hashlib.sha256(data).digest())
    header = runfile.read_header(data)
    file = io.BytesIO(data)
    file.seek(header["length"])
    scan = runfile.scan(file.read, header["length"])
    messages: list[tuple[str, Any]] = []
    for kind, _, _, payload in scan:
        message = runfile.MESSAGE[kind]
        size = len(payload) if kind == runfile.RAW else wire.codec.size(message)
        for at in range(0, len(payload), size):
            decoded = wire.layouts()[message].decode(payload[at : at + size])
            messages.append((decoded.type, decoded))
    assert scan.damaged == []
    return header["values"], messages


def test_strides_stream_and_are_stored_alike(virtual: Callable[..., VirtualPod], walk: Source) -> None:
    pod = virtual(walk, hold=True, speed=4.0)
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
    assert status.strides >= len(kept) and status.state == "idle"


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


def test_ten_steps_forward_clear_the_doubt_after_a_power_loss(virtual: Callable[..., VirtualPod], walk: Source) -> None:
    pod = virtual(walk, hold=True, speed=8.0)
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
        greeting = host.await_hello(10)
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


def test_mount_check_finds_a_crooked_pod(virtual: Callable[..., VirtualPod]) -> None:
    recording = scenario("walk", 416.6875, 3, duration_s=30)
    true = rotation(2, 130) @ rotation(1, 25) @ rotation(0, -15)
    source = Source(recording.acc, recording.gyr, 416.6875, imperfections=Imperfections(mount=true))
    pod = virtual(source, hold=True, speed=4.0)
    with client(pod) as host:
        assert host.mount("learn").phase == "still"
        pod.go()
        mount = until(lambda: (found := host.mount()).phase in ("passed", "failed") and found, 30)
        assert (mount.phase, mount.state, mount.reason) == ("passed", "verified", "none")
        off = np.array(mount.matrix).reshape(3, 3) @ true.T
        assert np.degrees(np.arccos((np.trace(off) - 1) / 2)) < 5
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


def test_without_a_sensor_the_pod_still_speaks(virtual: Callable[..., VirtualPod]) -> None:
    pod = virtual()
    with client(pod) as host:
        until(lambda: host.status().samples > 100)
        pod.inject("nack", for_ms=3_000)
        until(lambda: host.status().state == "sensor_missing")
        assert host.hello().chip == "lsm6dso32"
        until(lambda: host.status().state == "idle")
        until(lambda: host.status().samples_lost > 1000)  # what the chip would have measured meanwhile
        assert [fault.code for fault in host.faults()] == ["sensor_lost"]


@pytest.mark.parametrize("address", [0x6A, 0x6B])
def test_either_address(virtual: Callable[..., VirtualPod], address: int) -> None:
    from retropod.virtual.pod import Board

    with client(virtual(board=Board(address=address))) as host:
        until(lambda: host.status().samples > 100)
        assert host.greeting.chip in ("lsm6dso32", "none")


def test_nothing_on_the_bus(virtual: Callable[..., VirtualPod]) -> None:
    from retropod.virtual.pod import Board

    with client(virtual(board=Board(address=0x1C))) as host:
        assert host.greeting.chip == "none"
        assert host.status().state == "sensor_missing"
        assert host.status().samples == 0
        assert [fault.code for fault in host.faults()] == ["sensor_missing"]
        with pytest.raises(PodRefused) as refusal:
            host.mount("learn")
        assert refusal.value.code == "sensor_missing"


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        ({"kind": "brownout"}, {"sensor_reset"}),
        ({"kind": "nack", "for_ms": 400}, {"sensor_lost"}),
        ({"kind": "stuck", "level": 1, "for_ms": 400}, {"sensor_lost"}),
        ({"kind": "stuck", "level": 0, "for_ms": 400}, {"sensor_lost", "bus_stuck"}),
        ({"kind": "overrun", "slots": 21}, set()),
    ],
)
def test_every_sample_is_accounted_for(
    virtual: Callable[..., VirtualPod], walk: Source, fault: dict[str, Any], codes: set[str]
) -> None:
    pod = virtual(walk, speed="max", faults=[{**fault, "at_s": 15.0}])
    with client(pod) as host:
        until(lambda: host.status().uptime_s >= 40, 60)
        status = host.status()
        found = {entry.code for entry in host.faults()}
    assert found <= codes and bool(found) == bool(codes)
    assert status.samples_lost > 20
    seconds = status.seconds("uptime")
    assert seconds is not None
    # the time base holds: samples taken and lost together are what the chip's clock has counted since it was started
    total = (status.samples + status.samples_lost) / 416.6875
    assert total == pytest.approx(seconds - 0.3, abs=0.1)
    if fault["kind"] == "overrun":
        assert status.samples_lost == 21
        assert status.fifo_overruns >= 1


def test_skip_pin_keeps_the_app_from_starting(virtual: Callable[..., VirtualPod]) -> None:
    from retropod.virtual.pod import Board

    pod = virtual(board=Board(pins={"13": 0}))
    assert mpremote(pod, "resume", "exec", "print(6*7)") == "42"


def mpremote(pod: VirtualPod, *steps: str) -> str:
    command = [sys.executable, "-m", "mpremote", "connect", pod.url, *steps]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout.strip()


def test_mpremote_gets_in_and_the_app_comes_back(virtual: Callable[..., VirtualPod]) -> None:
    pod = virtual()
    with client(pod) as host:
        host.record("start")
    listing = mpremote(pod, "exec", "import os; print(os.listdir('/runs'))")
    assert "000001.run" in listing
    mpremote(pod, "soft-reset")
    mpremote(pod, "resume", "reset")
    with client(pod) as host:
        assert host.status().run == 0  # the knock closed the run in order
        _, messages = stored(host, 1)
        assert messages[-1][1].kind == "stopped"


def test_a_flash_that_cannot_be_written_is_a_fault_and_no_end(virtual: Callable[..., VirtualPod]) -> None:
    pod = virtual()
    with client(pod) as host:
        host.change("name", "x")
    mpremote(pod, "exec", "import os; os.remove('/boot_count'); os.mkdir('/boot_count')")
    mpremote(pod, "resume", "reset")
    with client(pod) as host:
        assert [fault.code for fault in host.faults()] == ["storage"]
        assert host.greeting.name == "x"


def with_fault(root: Path, folder: Path, module: str, line: str) -> Path:
    """A copy of the firmware, one module of which ends in this line."""
    firmware = Path(shutil.copytree(root / "firmware", folder / "firmware"))
    with (firmware / "pod" / module).open("a") as file:
        file.write(f"\n\n{line}\n")
    return firmware


def test_exception_is_kept_and_the_pod_starts_anew(
    virtual: Callable[..., VirtualPod], repo_root: Path, tmp_path: Path
) -> None:
    bomb = "def values(*_):\n    raise ValueError('bomb')"
    pod = virtual(firmware=with_fault(repo_root, tmp_path, "status.py", bomb))
    with client(pod) as host:
        host.record("start")
        with pytest.raises(NoAnswer):
            host.connection.ask("status_get", attempts=1)
        assert host.await_hello(10).boot_count == 2
        (fault,) = host.faults()
        assert fault.code == "exception" and "bomb" in fault.text and "status.py" in fault.text
        assert host.record("lap") == 2  # the run goes on


def test_app_that_crashes_at_every_start_rests_in_the_repl(
    virtual: Callable[..., VirtualPod], repo_root: Path, tmp_path: Path
) -> None:
    bomb = "Sampler.step = lambda self, elapsed_ms: 1 // 0"
    pod = virtual(firmware=with_fault(repo_root, tmp_path, "sampler.py", bomb))
    time.sleep(3)
    assert mpremote(pod, "resume", "exec", "print(open('/boot_count').read())") == "3"


def test_app_that_cannot_be_imported_leaves_the_repl(
    virtual: Callable[..., VirtualPod], repo_root: Path, tmp_path: Path
) -> None:
    pod = virtual(firmware=with_fault(repo_root, tmp_path, "clock.py", "import nonsense"))
    assert mpremote(pod, "resume", "exec", "print(6*7)") == "42"


def random_request(draw: random.Random) -> tuple[int, bytes]:
    """A message that some host might send, by mistake or not; only a restart is left out."""
    message = draw.choice([number for number in range(0x40, 0x70) if number != schema.RESTART])
    if message in (schema.SETTING_SET, schema.SETTING_GET):
        name = draw.choice([b"name=", b"rate_hz=", b"chip=", b"", b"="])
        return message, b"\x05" + name + draw.choice([b"1", b"[]", b'"a"', b"null", b"\xff\xfe", b"1e999", b"{"])
    size = wire.codec.size(message) if wire.codec.known(message) else 8
    length = min(draw.choice([size, size, draw.randrange(50)]), 50)
    letters: Any = draw.choice([range(256), (0, 0, 1, 2, 3, 255)])
    return message, bytes(draw.choices(letters, k=length))


def test_no_request_brings_the_pod_down(virtual: Callable[..., VirtualPod]) -> None:
    draw = random.Random(1)
    with client(virtual()) as host:
        for count in range(1500):
            host.connection.transmit(*random_request(draw))
            if count % 4 == 0:
                time.sleep(0.012)
        time.sleep(1.0)
        assert host.hello().boot_count == 1
        assert "exception" not in {fault.code for fault in host.faults()}
