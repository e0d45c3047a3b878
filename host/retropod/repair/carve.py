"""Runs out of a file system that does not mount: by what littlefs leaves in every block of a file, and what a run says.

A large file lies in blocks of 4 kB that are chained backwards: block n (from 1) begins with ctz(n) + 1 addresses, the
first of them block n - 1, the others 2, 4, 8 ... blocks before it. Block 0 is all data, and that of a run begins with
the run's header. A block that was written anew leaves its old copy behind, so that a block may have several followers:
the one that makes the run longest is right. What fits no block of its own (a run of a few hundred bytes) is not found.
Ref: littlefs SPEC.md, "CTZ skip-lists"; protocol/retrowire/runfile.py.
"""

import io
from collections import defaultdict
from typing import Any

from retrowire import runfile

BLOCK = 4096
_POINTER = 4
_MOST_BRANCHES = 4096


def runs(image: bytes) -> list[bytes]:
    """Every run found in the blocks of `image`, each cut behind its last whole block; the longest of each header."""
    followers = _followers(image)
    found: dict[bytes, bytes] = {}
    for start in range(0, len(image), BLOCK):
        if image.startswith(runfile.MAGIC, start):
            run = _longest(image, start // BLOCK, followers)
            header = run[: _header_bytes(run)]
            if len(run) > len(found.get(header, b"")):
                found[header] = run
    return list(found.values())


def _followers(image: bytes) -> dict[int, list[int]]:
    """Blocks whose first word is the number of a block, by that number."""
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
    """How many addresses block `number` of a file begins with."""
    return (number & -number).bit_length() if number else 0


def _longest(image: bytes, first: int, followers: dict[int, list[int]]) -> bytes:
    """The run that begins in block `first`, along the chain that carries it furthest."""
    best = b""
    chains = [[first]]
    for _ in range(_MOST_BRANCHES):
        if not chains:
            break
        chain = chains.pop()
        data = _cut(b"".join(_data(image, chain, number) for number in range(len(chain))))
        if len(data) > len(best):
            best = data
        if len(data) > (len(chain) - 1) * (BLOCK - 8 * _POINTER):  # the last block still carried whole blocks of a run
            chains += [[*chain, after] for after in followers[chain[-1]] if _fits(image, chain, after)]
    return best


def _fits(image: bytes, chain: list[int], block: int) -> bool:
    """Whether all of a block's addresses are those of this chain."""
    number = len(chain)
    return block not in chain and all(
        _word(image, block, index) == chain[number - (1 << index)] for index in range(_pointers(number))
    )


def _data(image: bytes, chain: list[int], number: int) -> bytes:
    at = chain[number] * BLOCK
    return image[at + _pointers(number) * _POINTER : at + BLOCK]


def _header_bytes(data: bytes) -> int:
    """Length of a run's header, 0 when it is not whole."""
    try:
        header: dict[str, Any] = runfile.read_header(data[: runfile.HEADER_MAX])
    except (ValueError, KeyError):
        return 0
    return header["length"]


def _cut(data: bytes) -> bytes:
    """Without what follows its last whole block; empty when not even its header is whole."""
    length = _header_bytes(data)
    if not length:
        return b""
    source = io.BytesIO(data)
    source.seek(length)
    scan = runfile.scan(source.read, length)
    for _ in scan:
        pass
    return data[: scan.end]
