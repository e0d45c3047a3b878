"""Costs of the host tool."""

import random
import statistics
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

from bench.registry import NotMeasured, Row, figures, recordings


def _seconds(command: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


@figures("cli_help_s")
def bench_cli_help() -> Iterator[Row]:
    retropod = Path(sysconfig.get_path("scripts")) / "retropod"
    if not retropod.is_file():
        raise NotMeasured("retropod is not installed")
    if subprocess.run([str(retropod), "--help"], capture_output=True, check=False).returncode:
        raise NotMeasured("retropod --help fails")
    taken = [_seconds([str(retropod), "--help"]) for _ in range(10)]
    yield "cli_help_s", statistics.median(taken), "s", "retropod --help, median of 10 after one warm start"


@figures("decode_frames_per_s", "stride_bytes_wire")
def bench_decode() -> Iterator[Row]:
    from retropod.client import frames, wire

    layout = wire.by_name("stride")
    payloads = [random.Random(seed).randbytes(layout.size) for seed in range(2000)]
    stream = b"".join(
        frames.build(layout.id, index & 0xFF, payload, frames.MAX_POD_FRAME) for index, payload in enumerate(payloads)
    )
    layout.decode(payloads[0])  # the struct is compiled at first use
    taken = statistics.median(_decode_seconds(stream) for _ in range(7))
    method = f"splitter, CRC and construct struct to SI values, {layout.size}-byte strides, median of 7 times 2,000"
    yield "decode_frames_per_s", len(payloads) / taken, "frames/s", method
    yield "stride_bytes_wire", layout.size, "bytes", "payload of a stride message, from the schema"


def _decode_seconds(stream: bytes) -> float:
    from retropod.client import frames, wire

    splitter = frames.Splitter()
    begin = time.perf_counter()
    for start in range(0, len(stream), 4096):
        for frame in splitter.feed(stream[start : start + 4096]):
            wire.decode(frame.id, frame.payload)
    return time.perf_counter() - begin


@figures(
    "direction_accuracy_imu",
    "direction_accuracy_accel",
    "stride_recall_imu",
    "stride_recall_accel",
    "score_speed_ratio",
)
def bench_directions() -> Iterator[Row]:
    """Both modes over the development recordings, pooled; `retropod score` prints them by set and class."""
    from retropod.score.run import Conditions, score

    folder = recordings()
    for name, gyroscope in (("imu", True), ("accel", False)):
        for rate_hz in (104, 208, 416):
            began = time.perf_counter()
            groups = score(folder, Conditions(rate_hz=float(rate_hz), gyroscope=gyroscope))["groups"]
            taken = time.perf_counter() - began
            tail = "" if rate_hz == 104 else f"_{rate_hz}"
            yield from _pooled(groups, name, tail, rate_hz)
            if name == "imu" and rate_hz == 208:
                labelled_s = sum(one["duration_s"] for one in groups)
                yield (
                    "score_speed_ratio",
                    labelled_s / taken,
                    "x real time",
                    "labelled minutes / time of score, 208 Hz",
                )


def _pooled(groups: list, name: str, tail: str, rate_hz: int) -> Iterator[Row]:
    """Over all strides that have a direction. 104 Hz is the rate that every set was stored at or above."""
    told = [one for one in groups if one["right"] is not None]
    for figure, key in ((f"direction_accuracy_{name}", "right"), (f"stride_recall_{name}", "recall")):
        hits, of = (sum(one[key][part] for one in told) for part in ("hits", "of"))
        yield figure + tail, hits / of, "", f"{hits} of {of}, {rate_hz} Hz, mount given"
