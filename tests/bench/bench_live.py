"""How fast a stride gets to the screen, and how fast a recording goes through the whole pod."""

import contextlib
import json
import os
import pty
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.registry import NotMeasured, Row, figures
from retropod.errors import OperationFailed
from retropod.insight.bouts import bout_strides
from retropod.replay.replay import Setup, held_pod
from retropod.runs import reader
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.gaitmodel.recording import ModelRecording
from retropod.virtual.runtime import find_runtime
from retropod.virtual.source import Source

LIVE_S = 60.0
REPLAY_S = 240.0
MODEL_HZ = 416.0
_SCREEN = 100  # characters of a text that two readings can divide
_SUBSCRIBED_S = 3.0  # for the CLI to start and subscribe while the pod's time stands still


def _need_runtime() -> None:
    try:
        find_runtime()
    except OperationFailed as error:
        raise NotMeasured(error.message) from error


def _cli(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from retropod.cli import main; main()", *arguments]


@figures("replay_speed_ratio")
def bench_replay() -> Iterator[Row]:
    _need_runtime()
    recording = scenario("walk", MODEL_HZ, 1, duration_s=REPLAY_S)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "walk.npz"
        recording.save(path)
        begin = time.monotonic()
        subprocess.run(_cli("replay", str(path), "--json"), stdout=subprocess.DEVNULL, check=True)
        taken = time.monotonic() - begin
    length_s = len(recording.acc) / recording.fs
    yield "replay_speed_ratio", length_s / taken, "", f"{length_s:.0f} s of model walking, six axes, 416 Hz, all told"


@figures("live_latency_ms_median", "live_latency_ms_p99", "live_gaps", "live_samples_lost")
def bench_live() -> Iterator[Row]:
    _need_runtime()
    walk = scenario("walk", MODEL_HZ, 1, duration_s=LIVE_S / 2)
    run = scenario("run", MODEL_HZ, 2, duration_s=LIVE_S / 2)
    latencies: list[float] = []
    gaps = lost = 0
    for recording in (walk, run):
        lines, latency = _watch(recording)
        latencies += latency
        gaps += sum(line["type"] == "gap" for line in lines)
        lost += lines[-1]["samples_lost"]
    if len(latencies) < 10:
        raise NotMeasured(f"only {len(latencies)} strides came through")
    method = f"{len(latencies)} model strides, real time, 416 Hz, --raw on top: closing sample at the chip to the line"
    yield "live_latency_ms_median", 1000 * statistics.median(latencies), "ms", method
    yield "live_latency_ms_p99", 1000 * statistics.quantiles(latencies, n=100)[98], "ms", method
    yield "live_gaps", gaps, "", f"gaps that `live --raw` reported in {LIVE_S:.0f} s"
    yield "live_samples_lost", lost, "samples", f"of the pod's status after {LIVE_S:.0f} s with --raw"


@figures("live_big_latency_ms_median", "live_big_latency_ms_p99")
def bench_live_big() -> Iterator[Row]:
    _need_runtime()
    latencies = [
        one for name in ("walk", "run") for one in _watch_big(scenario(name, MODEL_HZ, 1, duration_s=LIVE_S / 2))
    ]
    if len(latencies) < 10:
        raise NotMeasured(f"only {len(latencies)} strides were drawn")
    method = (
        f"{len(latencies)} model strides, real time, 416 Hz: closing sample at the chip to the drawn screen, 80 x 24"
    )
    yield "live_big_latency_ms_median", 1000 * statistics.median(latencies), "ms", method
    yield "live_big_latency_ms_p99", 1000 * statistics.quantiles(latencies, n=100)[98], "ms", method


def _watch_big(recording: ModelRecording) -> list[float]:
    """Return the time from each stride of the first bout to the screen with its number, in s."""
    source = Source.from_movement(recording)
    master, slave = pty.openpty()
    with tempfile.TemporaryDirectory() as folder, held_pod(source, Setup(), speed=1.0) as (virtual, pod):
        pod.close()
        state = {"RETROPOD_RUNS": folder, "LINES": "24", "COLUMNS": "80", "TERM": "xterm-256color"}
        command = _cli("live", "--big", "--keep", "--port", virtual.url, "--seconds", str(source.duration_s + 5.0))
        with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=os.environ | state):
            os.close(slave)
            time.sleep(_SUBSCRIBED_S)
            virtual.go()
            drawn = _drawn(master)
        os.close(master)
        (path,) = Path(folder).rglob("*.rpr")
        strides = bout_strides(reader.read(path).strides)
        return [
            drawn[number] - virtual.sample_monotonic_s(one.sample + round((one.period_s or 0.0) * virtual.rate_hz))
            for number, one in enumerate(next(strides), 1)
            if number in drawn
        ]


def _drawn(master: int) -> dict[int, float]:
    """Return the time at which the view first showed each number of strides of the first bout, until the view ends."""
    drawn: dict[int, float] = {}
    text = ""
    with contextlib.suppress(OSError):  # the command has ended
        while data := os.read(master, 65536):
            text = text[-_SCREEN:] + data.decode("utf-8", "replace")
            if found := re.findall(r"bout 1: (\d+) stride", text):
                drawn.setdefault(int(found[-1]), time.monotonic())
    return drawn


def _watch(recording: ModelRecording) -> tuple[list[dict[str, Any]], list[float]]:
    """Objects that `retropod live --json --raw` printed (and the pod's status), latency of every stride in s."""
    source = Source.from_movement(recording)
    with held_pod(source, Setup(), speed=1.0) as (virtual, pod):
        pod.close()
        command = _cli("live", "--json", "--raw", "--port", virtual.url, "--seconds", str(source.duration_s + 5.0))
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ, text=True) as live:
            time.sleep(_SUBSCRIBED_S)
            virtual.go()
            assert live.stdout
            lines = [json.loads(line) for line in live.stdout]
        latencies = [
            line["host_monotonic_s"]
            - virtual.sample_monotonic_s(line["sample"] + round(line["period_s"] * virtual.rate_hz))
            for line in lines
            if line["type"] == "stride"
        ]
        done = subprocess.run(_cli("info", "--json", "--port", virtual.url), capture_output=True, check=True)
    return [*lines, {"type": "status", **json.loads(done.stdout)["status"]}], latencies
