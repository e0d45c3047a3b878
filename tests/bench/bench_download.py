"""How fast a stored run comes off the pod, beside mpremote copying the same file, and what it costs on the line."""

import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.registry import NotMeasured, Row, figures
from retropod.errors import OperationFailed
from retropod.pod import Pod
from retropod.replay import IDENTITY
from retropod.transport.serial import SerialTransport
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.pod import VirtualPod
from retropod.virtual.runtime import find_runtime
from retropod.virtual.source import Imperfections, Source

BIG_S, SMALL_S = 650.0, 90.0  # of raw samples: about a megabyte, and what a slow line can carry in half a minute
BITS_PER_BYTE = 10  # start, eight, stop
NOISE = Imperfections(acc_noise=0.024, gyr_noise=0.0011)  # LSM6DSO32 data sheet, over 200 Hz
_HELD_S, _OVER_S = 20.0, 300.0


class Copied(NamedTuple):
    """Bytes of the run, bytes that `retropod download` had on the wire, seconds of each whole command."""

    size: int
    wire_bytes: int
    retropod_s: float
    mpremote_s: float


@figures("download_wire_efficiency", "download_vs_mpremote_ratio", "download_bytes_per_s")
def bench_download() -> Iterator[Row]:
    found = _copied(BIG_S, None)
    what = f"run of {found.size:,} bytes, pseudo-terminal"
    yield "download_wire_efficiency", found.size / found.wire_bytes, "", f"{what}: bytes of run / bytes from the pod"
    yield "download_vs_mpremote_ratio", found.mpremote_s / found.retropod_s, "", f"{what}, whole commands"
    yield "download_bytes_per_s", found.size / found.retropod_s, "bytes/s", f"{what}, whole command"


@figures("download_vs_mpremote_ratio_115200", "download_line_share_115200")
def bench_slow_line() -> Iterator[Row]:
    yield from _on_a_line(115_200)


@figures("download_vs_mpremote_ratio_921600", "download_line_share_921600")
def bench_fast_line() -> Iterator[Row]:
    yield from _on_a_line(921_600)


def _on_a_line(baud: int) -> Iterator[Row]:
    found = _copied(SMALL_S, baud)
    what = f"run of {found.size:,} bytes, line throttled to {baud:,}, whole command"
    yield f"download_vs_mpremote_ratio_{baud}", found.mpremote_s / found.retropod_s, "", what
    share = found.size / found.retropod_s / (baud / BITS_PER_BYTE)
    yield f"download_line_share_{baud}", share, "", f"{what}: bytes of run per second / line capacity"


def _copied(duration_s: float, baud: int | None) -> Copied:
    with tempfile.TemporaryDirectory() as target, VirtualPod(_recorded(duration_s), baud=baud) as pod:
        with Pod(SerialTransport(pod.url)) as client:
            if client.settings("line_rate")["line_rate"] != (baud or 0):
                client.change("line_rate", baud or 0)
                client.restart()
                client.await_hello(_HELD_S)
        begin = time.monotonic()
        command = "from retropod.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", command, "download", "--json", "--port", pod.url],
            env={**os.environ, "RETROPOD_RUNS": target},
            capture_output=True,
            text=True,
            check=True,
        )
        taken = time.monotonic() - begin
        (fetched,) = [json.loads(line) for line in done.stdout.splitlines()]
        return Copied(fetched["size"], fetched["wire_bytes"], taken, _mpremote_s(pod.url, Path(target) / "run"))


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
