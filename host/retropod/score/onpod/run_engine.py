"""Run the pod's engine over prepared samples on MicroPython and write one JSON line per stride.

usage: micropython run_engine.py < JOBS      (the folded firmware on MICROPYPATH)
Each job is one JSON object per line: {"samples": PATH, "strides": PATH, "rate_mhz": n, "acc_lsb_ug": n,
"gyr_lsb_udps": n, "matrix": [9], "mount": n, "block": n, "gaps": [[at, lost], ...], "quiet": bool}. A stride line is
the list of its slots.
"""

import json
import sys
from array import array

from pod.gait import stride as S
from pod.gait.engine import Engine


def run(job):
    engine = Engine(job["rate_mhz"], job["acc_lsb_ug"], job["gyr_lsb_udps"])
    engine.set_mount(job["matrix"], job["mount"])
    width = 12 if job["gyr_lsb_udps"] else 6
    block = job["block"]
    gaps = list(job.get("gaps", ()))
    buffer = bytearray(block * width)
    stride = array("i", bytes(4 * S.LENGTH))
    done = 0
    with open(job["samples"], "rb") as samples, open(job["strides"], "w") as strides:
        while True:
            while gaps and gaps[0][0] <= done:
                engine.gap(gaps.pop(0)[1])
            n = samples.readinto(buffer) // width
            if n == 0:
                break
            done += n
            if engine.feed(buffer, 0, n):
                while engine.pop_into(stride):
                    strides.write(json.dumps(list(stride)))
                    strides.write("\n")
    return done


for line in sys.stdin:
    print(run(json.loads(line)))
