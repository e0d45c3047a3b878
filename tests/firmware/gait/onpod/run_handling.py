"""Run the handling detector and the engine on MicroPython. Print every change of the reason as `sample reason`.

usage: run_handling.py SAMPLES RATE_MHZ   (LSM6DSO32 counts at +-32 g and 2000 dps)
"""

import sys
from array import array

from pod.gait import stride as S
from pod.gait.engine import Engine
from pod.gait.handling import HandlingDetector

rate_mhz = int(sys.argv[2])
engine = Engine(rate_mhz, 976, 70000)
engine.set_mount((16384, 0, 0, 0, 16384, 0, 0, 0, 16384), S.MOUNT_GIVEN)
detector = HandlingDetector(rate_mhz, 976, 70000)
stride = array("i", bytes(4 * S.LENGTH))
buffer = bytearray(16 * 12)
done = 0
before = 0
with open(sys.argv[1], "rb") as samples:
    while True:
        n = samples.readinto(buffer) // 12
        if n == 0:
            break
        done += n
        engine.feed(buffer, 0, n)
        while engine.pop_into(stride):
            detector.stride(stride)
        detector.feed(buffer, 0, n)
        if detector.reason != before:
            before = detector.reason
            print(done, before)
