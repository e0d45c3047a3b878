"""Feeds the engine preloaded samples and prints how many strides it found. For callgrind: the same but for `count`.

usage: micropython engine_load.py FILE COUNT AXES      FILE: int16 counts, shoe axes, interleaved, at 416.667 Hz
"""

import sys
from array import array

from pod.gait import stride as S
from pod.gait.engine import Engine

BLOCK = 32
ONE = 1 << 14


def main(name: str, count: int, axes: int) -> None:
    with open(name, "rb") as file:
        samples = bytearray(file.read())
    engine = Engine(416667, 976, 70000 if axes == 6 else 0)
    engine.set_mount([ONE, 0, 0, 0, ONE, 0, 0, 0, ONE], S.MOUNT_GIVEN)
    out = array("i", [0] * S.LENGTH)
    width = 2 * axes
    strides = 0
    for first in range(0, count, BLOCK):
        engine.feed(samples, first * width, min(BLOCK, count - first))
        while engine.pop_into(out):
            strides += 1
    print(strides)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
