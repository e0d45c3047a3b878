"""Search for runs in a file system that does not mount, by the pointers of littlefs and the format of a run.

A large file is a backward chain of blocks of 4 kB. Block n (from 1) begins with ctz(n) + 1 addresses: the first is that
of block n - 1, the others are those of the blocks 2, 4, 8 ... before it. Block 0 has only data, and in a run it begins
with the run's header. A rewritten block leaves its old copy in flash, so a block may have several followers; the right
one makes the run longest. A file without a block of its own (a run of a few hundred bytes) is not found.
Ref: littlefs SPEC.md, "CTZ skip-lists"; protocol/retrowire/runfile.py.
"""

import io
import time
from collections import defaultdict
from typing import Any

from retrowire import checkedhead, runfile

BLOCK = 4096
_POINTER = 4
_MOST_BRANCHES = 4096
_MOST_S = 300.0  # for an image; 2 MB take seconds


def runs(image: bytes) -> list[bytes]:
    """Return the runs in the blocks of `image`, each cut after its last complete block. Of each header: the longest."""
    followers = _followers(image)
    found: dict[bytes, bytes] = {}
    end = time.monotonic() + _MOST_S
    for start in range(0, len(image), BLOCK):
        if image.startswith(runfile.MAGIC, start):
            run = _longest(image, start // BLOCK, followers, end)
            header = run[: header_bytes(run)]
            if len(run) > len(found.get(header, b"")):
                found[header] = run
    return list(found.values())


def _followers(image: bytes) -> dict[int, list[int]]:
    """Return, for each block number, the blocks whose first word is that number."""
    count = len(image) // BLOCK
    found: dict[int, list[int]] = defaultdict(list)
    for block in range(count):
        before = _word(image, block, 0)
        if before < count and before != block:
            found[before].append(block)
    return found


def _word(image: bytes, block: int, index: int) -> int:
    at = block * BLOCK + index * _POINTER
    return int.from_bytes(image[at : at + _POINTER], "little")


def _pointers(number: int) -> int:
    """Return the number of addresses at the start of block `number` of a file."""
    return (number & -number).bit_length() if number else 0


def _longest(image: bytes, first: int, followers: dict[int, list[int]], end: float) -> bytes:
    """Return the longest run that begins in block `first`, over all chains that are found until time `end`."""
    best = b""
    chains = [[first]]
    for _ in range(_MOST_BRANCHES):
        if not chains or (best and time.monotonic() > end):
            break
        chain = chains.pop()
        data = _cut(b"".join(_data(image, chain, number) for number in range(len(chain))))
        if len(data) > len(best):
            best = data
        if len(data) > (len(chain) - 1) * (BLOCK - 8 * _POINTER):  # the last block added blocks of a run
            chains += [[*chain, after] for after in followers[chain[-1]] if _fits(image, chain, after)]
    return best


def _fits(image: bytes, chain: list[int], block: int) -> bool:
    """Return whether all addresses of a block are those of this chain."""
    number = len(chain)
    return block not in chain and all(
        _word(image, block, index) == chain[number - (1 << index)] for index in range(_pointers(number))
    )


def _data(image: bytes, chain: list[int], number: int) -> bytes:
    at = chain[number] * BLOCK
    return image[at + _pointers(number) * _POINTER : at + BLOCK]


def header_bytes(data: bytes) -> int:
    """Return the length of a run's header in bytes, 0 if it is incomplete."""
    return header(data).get("length", 0)


def header(data: bytes) -> dict[str, Any]:
    """Return the header of a run, empty if it is damaged."""
    try:
        return checkedhead.read_header(data[: runfile.HEADER_MAX])
    except (ValueError, KeyError):  # of any damage
        return {}


def _cut(data: bytes) -> bytes:
    """Return a run up to its last complete block, empty if its header is incomplete."""
    length = header_bytes(data)
    if not length:
        return b""
    source = io.BytesIO(data)
    source.seek(length)
    scan = runfile.scan(source.read, length)
    for _ in scan:
        pass
    return data[: scan.end]
