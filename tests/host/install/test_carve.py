"""Runs are found in the flash of a pod whose file system is lost."""

import random

import pytest
from littlefs import LittleFS, UserContext

from host.runfiles import run_file
from retropod.repair import carve

_BLOCKS = 96


def written(pieces: dict[str, list[bytes]]) -> bytearray:
    """Flash with these files, each piece flushed before the next, as the pod writes runs."""
    context = UserContext(_BLOCKS * carve.BLOCK)
    system = LittleFS(context=context, block_size=carve.BLOCK, block_count=_BLOCKS)
    system.mkdir("/runs")
    for name, parts in pieces.items():
        with system.open(name, "wb") as file:
            for part in parts:
                file.write(part)
                file.flush()
    system.unmount()
    return bytearray(context.buffer)


def in_parts(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def without_superblocks(image: bytearray) -> bytes:
    image[: 2 * carve.BLOCK] = random.Random(3).randbytes(2 * carve.BLOCK)
    return bytes(image)


@pytest.mark.parametrize("blocks", [20, 21, 60, 300])
def test_runs_of_many_blocks(blocks: int) -> None:
    """From one block of flash to sixteen. Every flush leaves an old copy of the last block."""
    long, short = run_file(7, blocks), run_file(8, 12)
    image = written({"/runs/000007.run": in_parts(long, 5000), "/runs/000008.run": [short], "/else": [b"text" * 3000]})
    assert sorted(carve.runs(without_superblocks(image)), key=len) == [short, long]


def test_a_run_whose_chain_is_broken_is_there_up_to_the_gap() -> None:
    run = run_file(7, 120)
    image = written({"/runs/000007.run": [run]})
    at = image.find(run[3 * carve.BLOCK : 3 * carve.BLOCK + 64]) // carve.BLOCK * carve.BLOCK
    image[at : at + carve.BLOCK] = bytes(carve.BLOCK)
    (found,) = carve.runs(without_superblocks(image))
    assert run.startswith(found)
    assert len(found) > 2 * carve.BLOCK


def test_noise_holds_no_run() -> None:
    assert carve.runs(random.Random(5).randbytes(64 * carve.BLOCK)) == []
    assert carve.runs(b"") == []
