"""Runs the accelerometer-only engine over prepared samples; writes for every stride what its direction is weighed by.

usage: micropython accel_moments.py < JOBS      jobs as those of run_engine.py
A stride line: cut, slope and way along and across the toe axis, the wave, first and last index, toe-off and contact of
averaged samples, how far the mean score lies below that of a slow walk (1/256 octave), and the samples' rate in mHz.
"""

import json
import sys
from array import array

from pod.gait import _accel_judge, accel
from pod.gait import accel_state as A
from pod.gait import stride as S
from pod.gait.engine import Engine

B = 1 << 29
MOMENTS = (A.CUT, A.SLOPE, A.TRAVEL)
INDICES = (A.START, A.END, A.TOE_OFF, A.CONTACT)


def noting(lines):
    """Return the weighing of the engine, which notes its moments."""
    weigh = _accel_judge.weigh

    def noted(st):
        row = [st[slot + i] - B for slot in MOMENTS for i in (0, 1)]
        row += [st[A.WAVE] - B] + [st[slot] for slot in INDICES]
        lines.append(row + [st[A.SLOW_MEAN] - st[A.MEAN]])
        weigh(st)

    return noted


def run(job):
    lines = []
    accel.weigh = noting(lines)
    engine = Engine(job["rate_mhz"], job["acc_lsb_ug"], 0)
    engine.set_mount(job["matrix"], job["mount"])
    buffer = bytearray(64 * 6)
    stride = array("i", bytes(4 * S.LENGTH))
    with open(job["samples"], "rb") as samples, open(job["strides"], "w") as out:
        count = samples.readinto(buffer) // 6
        while count:
            if engine.feed(buffer, 0, count):
                while engine.pop_into(stride):
                    pass
            count = samples.readinto(buffer) // 6
        rate_mhz = job["rate_mhz"] // engine.mode._decim
        for line in lines:
            out.write(json.dumps(line + [rate_mhz]))
            out.write("\n")


for line in sys.stdin:
    run(json.loads(line))
