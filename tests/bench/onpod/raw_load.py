"""Packs a file of raw samples as the sampler does: raw_load.py FILE AXES TIMES prints bytes and samples."""

import sys

from pod.sampling.rawpacker import RawPacker

BLOCK = 8  # samples of a drain after 20 ms
HEAD = 7  # bytes of a message before its samples


def main(path, axes, times):
    """The heap stays small: finding room in a full one would be counted too."""
    buffer = bytearray(BLOCK * 2 * axes)
    packer = RawPacker(axes)
    size = messages = samples = 0
    with open(path, "rb") as source:
        for _ in range(times):
            source.seek(0)
            while True:
                count = source.readinto(buffer) // (2 * axes)
                if count == 0:
                    break
                at = 0
                while at < count:
                    at += packer.add(0, buffer, at, count - at)
                    if packer.full():
                        size += packer.length
                        messages += 1
                samples += count
    while packer.finish():
        size += packer.length
        messages += 1
    print(size - HEAD * messages, samples, messages)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
