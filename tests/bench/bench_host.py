"""What the host tool costs."""

import random
import statistics
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

from bench.registry import NotMeasured, Row, figures


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
    from retropod import frames, wire

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
    from retropod import frames, wire

    splitter = frames.Splitter()
    begin = time.perf_counter()
    for start in range(0, len(stream), 4096):
        for frame in splitter.feed(stream[start : start + 4096]):
            wire.decode(frame.id, frame.payload)
    return time.perf_counter() - begin
