"""Faults of the sensor, at the host's word and on a schedule."""

import errno

from rig import Rig, raises


def inject(rig, **fault):
    rig.control.handlers["fault"]({"fault": fault})


def check_nack_for_a_number_of_transactions():
    rig = Rig()
    inject(rig, kind="nack", count=2)
    assert [rig.chip.faults.acknowledges() for _ in range(3)] == [False, False, True]


def check_nack_for_a_time():
    rig = Rig()
    inject(rig, kind="nack", for_ms=10)
    assert not rig.chip.faults.acknowledges()
    rig.after_ms(11)
    assert rig.chip.faults.acknowledges()


def check_bus_stuck_high_reads_ones_and_swallows_writes():
    rig = Rig()
    inject(rig, kind="stuck", level=1, for_ms=10)
    rig.write(0x07, 0x12)
    assert rig.read(0x3A, 2) == b"\xff\xff"  # 1023 words
    assert rig.read(0x78)[0] >> 3 == 31
    rig.after_ms(11)
    assert rig.read(0x07) == b"\x00"


def check_bus_stuck_low_times_out():
    rig = Rig()
    inject(rig, kind="stuck", level=0, for_ms=10)
    assert raises(OSError, rig.chip.faults.acknowledges).errno == errno.ETIMEDOUT


def check_brownout_forgets_everything():
    rig = Rig()
    rig.stream()
    rig.after_ms(50)
    inject(rig, kind="brownout")
    assert rig.level() == 0
    assert rig.read(0x10, 3) == b"\x00\x00\x04"
    rig.after_ms(50)
    assert rig.level() == 0


def check_overrun_loses_slots_and_says_so():
    rig = Rig()
    rig.stream()
    rig.after_ms(50)
    before = rig.words()[-1][2]
    inject(rig, kind="overrun", slots=20)
    assert rig.read(0x3B)[0] & 0x08
    assert rig.words()[0][2] == before + 21


def check_stuck_and_saturated_axes():
    rig = Rig()
    rig.stream()
    inject(rig, kind="stuck_axis", axis=1, value=-7)
    inject(rig, kind="saturated_axis", axis=3)
    rig.after_ms(50)
    for tag, _, x, y, z in rig.words():
        if tag == 2:
            assert y == -7 and x == z
        else:
            assert x == 32767 and y == z


def check_a_fault_waits_for_its_time():
    rig = Rig(faults=[{"kind": "brownout", "at_s": 0.2}])
    rig.stream()
    rig.after_ms(190)
    assert rig.level() > 0
    rig.after_ms(20)
    assert rig.read(0x10) == b"\x00"


def check_wrong_identity():
    rig = Rig()
    inject(rig, kind="who_am_i", value=0x6B)
    assert rig.read(0x0F) == b"\x6b"
