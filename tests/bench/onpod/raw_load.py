"""Packs raw samples: bytes that come out, for `raw_load.py FILE AXES`; with a count, so often over, for counting."""

import sys

from pod.rawpacker import RawPacker

BLOCK = 96
axes = int(sys.argv[2])
times = int(sys.argv[3])
with open(sys.argv[1], "rb") as source:
    content = source.read()
width = BLOCK * 2 * axes
blocks = [bytearray(content[at : at + width]) for at in range(0, len(content) - width + 1, width)]
packer = RawPacker(axes)
size = 0
for _ in range(times):
    for block in blocks:
        at = 0
        while at < BLOCK:
            at += packer.add(0, block, at, BLOCK - at)
            if packer.full():
                size += packer.length - 7
while packer.finish():
    size += packer.length - 7
print(size, len(blocks) * BLOCK * times)
