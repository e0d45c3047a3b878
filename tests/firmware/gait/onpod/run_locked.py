"""Feed a file of counts with the heap locked. Print the strides and the bytes that stayed allocated.

usage: micropython run_locked.py SAMPLES RATE_MHZ GYR_LSB_UDPS
"""

import gc
import sys
from array import array

import micropython

from pod.gait import stride as S
from pod.gait.engine import Engine

_BLOCK = 16

gyroscope = int(sys.argv[3])
width = 12 if gyroscope else 6
with open(sys.argv[1], "rb") as file:
    samples = bytearray(file.read())
engine = Engine(int(sys.argv[2]), 976, gyroscope)
engine.set_mount((16384, 0, 0, 0, 16384, 0, 0, 0, 16384), S.MOUNT_GIVEN)
stride = array("i", bytes(4 * S.LENGTH))


def run(first, last, engine=engine, samples=samples, stride=stride, width=width):
    strides = 0
    at = first
    while at < last:
        if engine.feed(samples, at * width, _BLOCK):
            while engine.pop_into(stride):
                strides += 1
        at += _BLOCK
    return strides


count = len(samples) // width // _BLOCK * _BLOCK
half = count // 2 // _BLOCK * _BLOCK
run(0, half)
gc.collect()
gc.disable()
before = gc.mem_alloc()
micropython.heap_lock()
strides = run(half, count)
micropython.heap_unlock()
print(strides, gc.mem_alloc() - before)
