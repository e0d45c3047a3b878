"""Feeds the engine preloaded samples and prints how many strides it found. For callgrind: the same but for `count`.

usage: micropython engine_load.py FILE COUNT AXES BLOCK RATE_MHZ      FILE: int16 counts, shoe axes, interleaved
"""

import sys
from array import array

from pod.gait import stride as S
from pod.gait.engine import Engine

ONE = 1 << 14


def main(name: str, count: int, axes: int, block: int, rate_mhz: int) -> None:
    with open(name, "rb") as file:
        samples = bytearray(file.read())
    engine = Engine(rate_mhz, 976, 70000 if axes == 6 else 0)
    engine.set_mount([ONE, 0, 0, 0, ONE, 0, 0, 0, ONE], S.MOUNT_GIVEN)
    out = array("i", [0] * S.LENGTH)
    width = 2 * axes * block
    strides = 0
    for i in range(count // block):
        if engine.feed(samples, i * width, block):
            while engine.pop_into(out):
                strides += 1
    print(strides)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
