"""A doubted mount without a gyroscope: after every five strides in a row, whether they clear the doubt. On MicroPython.

usage: micropython run_clears.py < JOBS      a line a job: [[first sample, last sample, cleared], ...]
"""

import json
import sys
from array import array

from pod.gait import stride as S
from pod.gait.engine import Engine
from pod.gait.toeaxis import ToeAxis


def clears(job):
    engine = Engine(job["rate_mhz"], job["acc_lsb_ug"], 0)
    engine.set_mount(job["matrix"], S.MOUNT_SUSPECT)
    toe_axis = ToeAxis(engine.mode)
    buffer = bytearray(16 * 6)
    stride = array("i", bytes(4 * S.LENGTH))
    opened, found = [], []
    with open(job["samples"], "rb") as samples:
        count = samples.readinto(buffer) // 6
        while count:
            engine.feed(buffer, 0, count)
            while engine.pop_into(stride):
                before = toe_axis.count
                cleared = toe_axis.confirms(stride)
                opened = [at for at in opened[-4:] if toe_axis.count != 1] + [stride[S.OPEN]]
                if before == 4 and toe_axis.count == 0:
                    found.append([opened[0], stride[S.CLOSE], cleared])
            count = samples.readinto(buffer) // 6
    return found


for line in sys.stdin:
    print(json.dumps(clears(json.loads(line))))
