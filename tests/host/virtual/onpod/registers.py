"""Register behaviour as the data sheets of LSM6DSO and LSM6DSO32 state it."""

import struct

from rig import STANDING, Rig


def check_identity():
    assert Rig().read(0x0F) == b"\x6c"


def check_defaults_after_power_on():
    rig = Rig()
    assert rig.read(0x10, 3) == b"\x00\x00\x04"  # both elements off, IF_INC set
    assert rig.read(0x18) == b"\xe0"
    assert rig.read(0x07, 4) == bytes(4)


def check_address_increments_only_with_if_inc():
    rig = Rig()
    rig.write(0x07, 0x11, 0x01, 0x66)
    assert rig.read(0x07, 3) == b"\x11\x01\x66"
    rig.write(0x12, 0x00)
    assert rig.read(0x07, 3) == b"\x11\x11\x11"
    rig.write(0x07, 1, 2, 3)
    assert rig.read(0x07, 1) == b"\x03"
    assert rig.read(0x08, 1) == b"\x01"


def check_read_only_registers_stay():
    rig = Rig()
    for register in (0x0F, 0x1E, 0x20, 0x22, 0x28, 0x3A, 0x3B, 0x63):
        before = rig.read(register)
        rig.write(register, 0x55)
        assert rig.read(register) == before, hex(register)


def check_software_reset_clears_itself_and_everything():
    rig = Rig()
    rig.stream()
    rig.after_ms(100)
    assert rig.level() > 0
    rig.write(0x12, 0x05)
    assert rig.read(0x12) == b"\x04"
    assert rig.read(0x10, 2) == bytes(2)
    assert rig.read(0x0A) == b"\x00"
    assert rig.level() == 0


def check_full_scale_codes_differ_between_the_parts():
    expected = {
        "lsm6dso32": (0.122e-3, 0.976e-3, 0.244e-3, 0.488e-3),
        "lsm6dso": (0.061e-3, 0.488e-3, 0.122e-3, 0.244e-3),
        "lsm6dsox": (0.061e-3, 0.488e-3, 0.122e-3, 0.244e-3),
    }
    for kind in expected:
        for code in range(4):
            rig = Rig(kind)
            rig.write(0x10, 0x60 | code << 2)
            rig.read(0x28, 6)
            assert rig.asked[-1][0] == "acc"
            assert rig.asked[-1][2] == expected[kind][code], (kind, code)


def check_gyroscope_sensitivity():
    for bits, dps in ((0b000, 8.75e-3), (0b010, 17.5e-3), (0b100, 35e-3), (0b110, 70e-3), (0b001, 4.375e-3)):
        rig = Rig()
        rig.write(0x11, 0x60 | bits << 1)
        rig.read(0x22, 6)
        assert (rig.asked[-1][0], rig.asked[-1][2]) == ("gyr", dps), bits


def check_output_data_rates():
    """Table of ODR_XL: nominal 12.5, 26, ... 6667 Hz, all 6667 Hz over a power of two."""
    for code, nominal in ((1, 12.5), (2, 26), (3, 52), (4, 104), (5, 208), (6, 416), (7, 833), (8, 1667), (10, 6667)):
        rig = Rig()
        rig.write(0x10, code << 4)
        rig.read(0x28, 6)
        assert abs(rig.asked[-1][1] / nominal - 1) < 0.05, code
        assert abs(rig.asked[-1][1] * (1 << (10 - code)) - 6667) < 1e-6


def check_oscillator_error_moves_the_rate_and_is_told():
    rig = Rig(odr_error=0.03)
    assert struct.unpack("b", rig.read(0x63))[0] == 20  # 0.15 % a step
    rig.write(0x10, 0x60)
    rig.read(0x28, 6)
    assert abs(rig.asked[-1][1] - 6667 / 16 * 1.03) < 1e-6


def check_the_told_error_may_be_wrong():
    assert struct.unpack("b", Rig(odr_error=0.03, freq_fine=-0.015).read(0x63))[0] == -10
    assert struct.unpack("b", Rig(odr_error=0.5).read(0x63))[0] == 127


def check_status_is_set_by_a_sample_and_cleared_by_reading_it():
    rig = Rig()
    assert rig.read(0x1E) == b"\x00"
    rig.write(0x10, 0x60)
    rig.after_ms(3)
    assert rig.read(0x1E)[0] & 3 == 1
    rig.read(0x28, 6)
    assert rig.read(0x1E)[0] & 1 == 0
    rig.write(0x11, 0x60)
    rig.after_ms(3)
    assert rig.read(0x1E)[0] & 3 == 3
    rig.read(0x22, 12)
    assert rig.read(0x1E)[0] & 3 == 0


def check_outputs_stand_still_before_the_source_starts():
    rig = Rig()
    rig.write(0x10, 0x60)
    rig.write(0x11, 0x60)
    rig.after_ms(50)
    assert rig.read(0x22, 12) == STANDING * 2


def check_temperature():
    rig = Rig()
    rig.write(0x10, 0x60)
    rig.after_ms(3)
    assert struct.unpack("<h", rig.read(0x20, 2))[0] == (30 - 25) * 256


def check_timestamp_counts_25_us_and_is_reset_by_0xaa():
    rig = Rig()
    rig.after_ms(10)
    assert rig.read(0x40, 4) == bytes(4)
    rig.write(0x19, 0x20)
    rig.after_ms(10)
    assert struct.unpack("<I", rig.read(0x40, 4))[0] == 400
    rig.write(0x42, 0xAA)
    rig.after_ms(1)
    assert struct.unpack("<I", rig.read(0x40, 4))[0] == 40


def check_self_test_shifts_within_the_data_sheets_range():
    rig = Rig()
    rig.write(0x10, 0x60)
    rig.write(0x11, 0x6C)
    rig.after_ms(50)
    rest = struct.unpack("<hhhhhh", rig.read(0x22, 12))
    for bits, sign in ((0x05, 1), (0x0E, -1)):
        rig.write(0x14, bits)
        rig.after_ms(50)
        moved = struct.unpack("<hhhhhh", rig.read(0x22, 12))
        for axis in range(6):
            change = sign * (moved[axis] - rest[axis])
            if axis < 3:
                assert 150 <= change * 70e-3 <= 700, change
            else:
                assert 50 <= change * 0.122 <= 1700, change
    rig.write(0x14, 0)
    rig.after_ms(50)
    assert struct.unpack("<hhhhhh", rig.read(0x22, 12)) == rest
