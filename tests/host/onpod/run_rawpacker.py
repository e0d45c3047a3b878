"""Packs a file of counts as the sampler does: prints every message in hex. usage: run_rawpacker.py FILE AXES BLOCK"""

import binascii
import sys

from pod.sampling.rawpacker import RawPacker

axes, block = int(sys.argv[2]), int(sys.argv[3])
packer = RawPacker(axes)


def show():
    print(binascii.hexlify(packer.payload[: packer.length]).decode())


index = 1000
buffer = bytearray(block * 2 * axes)
with open(sys.argv[1], "rb") as source:
    while True:
        count = source.readinto(buffer) // (2 * axes)
        if not count:
            break
        at = 0
        while at < count:
            at += packer.add(index + at, buffer, at, count - at)
            if packer.full():
                show()
        index += count
while packer.finish():
    show()
