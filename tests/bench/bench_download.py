"""Download of a stored run: speed, compared with mpremote copying the same file, and bytes on the line."""

import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.registry import NotMeasured, Row, figures
from retropod.client.pod import Pod
from retropod.errors import OperationFailed
from retropod.replay.replay import IDENTITY
from retropod.transport.serial import SerialTransport
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.pod import VirtualPod
from retropod.virtual.runtime import find_runtime
from retropod.virtual.source import Imperfections, Source

BIG_S, SMALL_S = 650.0, 90.0  # of raw samples: about a megabyte, and half a minute of a slow line
BITS_PER_BYTE = 10  # start, eight, stop
NOISE = Imperfections(acc_noise=0.024, gyr_noise=0.0011)  # LSM6DSO32 data sheet, over 200 Hz
_HELD_S, _OVER_S = 20.0, 300.0


class Copied(NamedTuple):
    """Bytes of the run, bytes that `retropod download` had on the wire, seconds of the download itself and of both
    whole commands, samples that the pod lost during it."""

    size: int
    wire_bytes: int
    download_s: float
    retropod_s: float
    mpremote_s: float
    samples_lost: int


@figures("download_wire_efficiency", "download_vs_mpremote_ratio", "download_bytes_per_s")
def bench_download() -> Iterator[Row]:
    found = _copied(BIG_S, None)
    what = f"run of {found.size:,} bytes, pseudo-terminal"
    yield "download_wire_efficiency", found.size / found.wire_bytes, "", f"{what}: bytes of run / bytes on the wire"
    both = f"{found.mpremote_s:.1f} s against {found.retropod_s:.1f} s"
    yield "download_vs_mpremote_ratio", found.mpremote_s / found.retropod_s, "", f"{what}, whole commands: {both}"
    yield "download_bytes_per_s", found.size / found.download_s, "bytes/s", f"{what}, digests included"


@figures("download_vs_mpremote_ratio_115200", "download_line_share_115200")
def bench_slow_line() -> Iterator[Row]:
    yield from _on_a_line(115_200)


@figures("download_vs_mpremote_ratio_921600", "download_line_share_921600")
def bench_fast_line() -> Iterator[Row]:
    yield from _on_a_line(921_600)


@figures("download_line_share_115200_recording", "download_line_share_921600_recording", "download_samples_lost")
def bench_while_recording() -> Iterator[Row]:
    lost = 0
    for baud in (115_200, 921_600):
        found = _copied(SMALL_S, baud, recording=True, compared=False)
        yield f"download_line_share_{baud}_recording", _share(found, baud), "", _how(found, baud)
        lost += found.samples_lost
    yield "download_samples_lost", lost, "samples", "while these two downloads ran during a recording with raw samples"


def _on_a_line(baud: int) -> Iterator[Row]:
    found = _copied(SMALL_S, baud)
    both = f"whole commands: {found.mpremote_s:.1f} s against {found.retropod_s:.1f} s"
    yield f"download_vs_mpremote_ratio_{baud}", found.mpremote_s / found.retropod_s, "", f"{_how(found, baud)}; {both}"
    yield f"download_line_share_{baud}", _share(found, baud), "", f"{_how(found, baud)}: bytes per second / baud x 10"


def _share(found: Copied, baud: int) -> float:
    return found.size / found.download_s / (baud / BITS_PER_BYTE)


def _how(found: Copied, baud: int) -> str:
    return f"run of {found.size:,} bytes, line throttled to {baud:,}, digests included"


def _copied(duration_s: float, baud: int | None, recording: bool = False, compared: bool = True) -> Copied:
    with tempfile.TemporaryDirectory() as target, VirtualPod(_copy(duration_s, target), baud=baud) as pod:
        with Pod(SerialTransport(pod.url)) as client:
            if client.settings("line_rate")["line_rate"] != (baud or 0):
                client.change("line_rate", baud or 0)
                client.restart()
                client.await_hello(_HELD_S)
            if recording:
                client.record("start", "strides", "raw", "events")
        begin = time.monotonic()
        command = "from retropod.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", command, "download", "1", "--json", "--line-rate", "own", "--port", pod.url],
            env={**os.environ, "RETROPOD_RUNS": target},
            capture_output=True,
            text=True,
            check=True,
        )
        taken = time.monotonic() - begin
        (fetched,) = [json.loads(line) for line in done.stdout.splitlines()]
        with Pod(SerialTransport(pod.url)) as client:
            lost = client.status().samples_lost
        mpremote_s = _mpremote_s(pod.url, Path(target) / "run") if compared else 0.0
        return Copied(fetched["size_bytes"], fetched["wire_bytes"], fetched["took_s"], taken, mpremote_s, lost)


def _copy(duration_s: float, target: str) -> Path:
    """A flash of its own for each measurement: one that recorded is fuller afterwards."""
    return Path(shutil.copytree(_recorded(duration_s), Path(target) / "pod"))


def _mpremote_s(port: str, target: Path) -> float:
    begin = time.monotonic()
    command = [sys.executable, "-m", "mpremote", "connect", port, "fs", "cp", ":/runs/000001.run", str(target)]
    subprocess.run(command, capture_output=True, check=True)
    return time.monotonic() - begin


@functools.cache
def _recorded(duration_s: float) -> Path:
    """Flash of a virtual pod on which one run with raw samples lies; goes away with this process."""
    try:
        find_runtime()
    except OperationFailed as error:
        raise NotMeasured(error.message) from error
    folder = tempfile.TemporaryDirectory()
    _FOLDERS.append(folder)
    source = Source.from_movement(scenario("walk", 416.0, 3, duration_s=duration_s), NOISE)
    with VirtualPod(folder.name, source, speed="max", hold=True) as virtual:
        assert virtual.wait_held(_HELD_S)
        with Pod(SerialTransport(virtual.url)) as pod:
            pod.mount("given", IDENTITY)
            pod.record("start", "strides", "raw")
            virtual.go()
            assert virtual.wait_source_end(_OVER_S)
            pod.record("stop")
    return Path(folder.name)


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []
