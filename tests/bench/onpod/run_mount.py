"""The mount check on MicroPython: samples of a pod turned at random, fed as the app feeds them, one result a line."""

import json
import sys
from array import array

from pod.gait import stride as S
from pod.gait.engine import Engine
from pod.gait.mounting import PASSED, Learner
from pod.gait.toeaxis import ToeAxis

UNITY = (16384, 0, 0, 0, 16384, 0, 0, 0, 16384)


def check(job):
    engine = Engine(job["rate_mhz"], job["acc_lsb_ug"], job["gyr_lsb_udps"])
    engine.set_mount(UNITY, S.MOUNT_NONE)
    toe_axis = None if job["gyr_lsb_udps"] else ToeAxis(engine.mode)
    learner = Learner(job["rate_mhz"], job["acc_lsb_ug"], job["gyr_lsb_udps"], toe_axis)
    width = 12 if job["gyr_lsb_udps"] else 6
    buffer = bytearray(16 * width)
    stride = array("i", bytes(4 * S.LENGTH))
    done = 0
    with open(job["samples"], "rb") as samples:
        while learner.phase < PASSED:
            n = samples.readinto(buffer) // width
            if n == 0:
                break
            done += n
            waiting = engine.feed(buffer, 0, n)
            if learner.feed(buffer, 0, n):
                engine.set_mount(learner.matrix, S.MOUNT_SUSPECT)
            while waiting:
                engine.pop_into(stride)
                learner.stride(stride)
                waiting -= 1
    return {
        "phase": learner.phase,
        "reason": learner.reason,
        "strides": learner.strides,
        "samples": done,
        "matrix": list(learner.matrix),
    }


for line in sys.stdin:
    print(json.dumps(check(json.loads(line))))
