"""The FIFO as data sheets and application notes state it."""

from rig import Rig, unpack

SLOT_MS = 16000 / 6667  # at 416 Hz


def steps(values):
    return {values[at + 1] - values[at] for at in range(len(values) - 1)}


def check_nothing_is_batched_in_bypass_or_without_rate():
    rig = Rig()
    rig.stream(mode=0)
    rig.after_ms(100)
    assert rig.level() == 0
    rig.stream(batch=0)
    rig.after_ms(100)
    assert rig.level() == 0


def check_words_alternate_with_tags_counter_and_data():
    rig = Rig()
    rig.stream()
    rig.after_ms(100)
    words = rig.words()
    assert len(words) == 2 * int(100 / SLOT_MS)
    for place in range(0, len(words), 2):
        gyro, accel = words[place], words[place + 1]
        assert gyro[0] == 1 and accel[0] == 2
        assert gyro[1] == accel[1], "both words of a time slot carry the same counter"
        assert accel[2:] == (place // 2,) * 3
        if place:
            assert gyro[1] == (words[place - 1][1] + 1) % 4


def check_the_order_within_a_slot_is_not_fixed():
    rig = Rig(accel_first=True)
    rig.stream()
    rig.after_ms(100)
    words = rig.words()
    assert [word[0] for word in words[:4]] == [2, 1, 2, 1]
    assert words[0][1] == words[1][1]


def check_reading_rounds_back_to_the_tag_and_pops():
    rig = Rig()
    rig.stream()
    rig.after_ms(100)
    level = rig.level()
    data = rig.read(0x78, 21)
    assert [unpack(data[at : at + 7])[0] for at in (0, 7, 14)] == [1, 2, 1]
    assert rig.level() == level - 3


def check_byte_by_byte_reading_pops_at_the_last_byte():
    rig = Rig()
    rig.stream()
    rig.after_ms(100)
    level = rig.level()
    whole = rig.words(1)[0]
    rig = Rig()
    rig.stream()
    rig.after_ms(100)
    parts = b"".join(rig.read(0x78 + place) for place in range(7))
    assert unpack(parts) == whole
    assert rig.level() == level - 1


def check_data_registers_without_the_tag():
    rig = Rig()
    rig.stream()
    rig.after_ms(100)
    data = rig.read(0x79, 6 + 7)
    assert data[:6] == bytes(6)  # sample 0
    assert unpack(data[6:])[0] == 2


def check_empty_fifo_reads_as_nothing():
    rig = Rig()
    rig.stream()
    assert rig.level() == 0
    assert rig.read(0x78, 14) == bytes(14)


def check_continuous_mode_overwrites_the_oldest():
    rig = Rig()
    rig.stream()
    rig.after_ms(2000)
    status = rig.read(0x3A, 2)
    assert status[0] | (status[1] & 3) << 8 == 512
    assert status[1] & 0x40 and status[1] & 0x08
    words = rig.words(512)
    newest = int(2000 / SLOT_MS) - 1
    assert words[-1][2] == newest
    assert words[0][2] == newest - 255
    assert all(words[at][2] == words[at + 1][2] for at in range(0, 512, 2))


def check_the_latched_flag_clears_on_reading_it():
    rig = Rig()
    rig.stream()
    rig.after_ms(2000)
    rig.read(0x3A, 2)
    rig.words(512)
    assert rig.read(0x3B)[0] & 0x48 == 0


def check_ring_wraps_without_losing_a_word():
    rig = Rig()
    rig.stream()
    expected = 0
    for turn in range(60):
        rig.after_ms(37 + turn)
        for tag, _, x, y, z in rig.words():
            if tag == 2:
                assert x == y == z == expected
                expected += 1
    assert expected > 600


def check_fifo_mode_stops_when_full():
    rig = Rig()
    rig.stream(mode=1)
    rig.after_ms(2000)
    assert rig.level() == 512
    words = rig.words(512)
    assert words[0][2] == 0 and words[-1][2] == 255


def check_stop_on_watermark():
    rig = Rig()
    rig.write(0x07, 64, 0x80)
    rig.stream(mode=1)
    rig.after_ms(1000)
    assert rig.level() == 64


def check_watermark_flag_with_its_ninth_bit():
    rig = Rig()
    rig.write(0x07, 0x2C, 0x01)  # 300 words
    rig.stream()
    rig.after_ms(149 * SLOT_MS)
    assert not rig.read(0x3B)[0] & 0x80
    rig.after_ms(2 * SLOT_MS)
    assert rig.read(0x3B)[0] & 0x80


def check_bypass_empties():
    rig = Rig()
    rig.stream()
    rig.after_ms(100)
    rig.write(0x0A, 0)
    assert rig.level() == 0


def check_batch_rate_below_data_rate_decimates():
    rig = Rig()
    rig.stream(odr=7, batch=6)
    rig.after_ms(200)
    accel = [word[2] for word in rig.words() if word[0] == 2]
    assert len(accel) == int(200 / SLOT_MS)
    assert steps(accel) == {2}


def check_a_data_rate_far_above_the_batch_rate():
    rig = Rig()
    rig.stream(odr=10, batch=4)
    rig.after_ms(1500)
    accel = [word[2] for word in rig.words() if word[0] == 2]
    assert len(accel) > 140
    assert steps(accel) == {64}


def check_two_batch_rates_in_one_fifo():
    rig = Rig()
    rig.write(0x10, 0x60)
    rig.write(0x11, 0x60)
    rig.write(0x09, 0x46)  # gyroscope at 104 Hz, accelerometer at 416 Hz
    rig.write(0x0A, 6)
    rig.after_ms(200)
    words = rig.words()
    accel = [word[2] for word in words if word[0] == 2]
    gyro = [word[2] for word in words if word[0] == 1]
    assert steps(accel) == {1}
    assert steps(gyro) == {4}
    assert abs(len(accel) - 4 * len(gyro)) <= 4


def check_accelerometer_alone():
    rig = Rig()
    rig.write(0x10, 0x60)
    rig.write(0x09, 0x06)
    rig.write(0x0A, 6)
    rig.after_ms(100)
    words = rig.words()
    assert len(words) == int(100 / SLOT_MS)
    assert all(word[0] == 2 for word in words)


def check_the_source_ends_in_standing_still():
    rig = Rig(count=10)
    rig.stream()
    rig.after_ms(100)
    accel = [word[2:] for word in rig.words() if word[0] == 2]
    assert accel[9] == (9, 9, 9)
    assert accel[10] == (4, 5, 6)


def check_the_end_is_told_when_source_and_tail_are_drained():
    rig = Rig()
    rig.stream()
    for _ in range(11):
        rig.after_ms(100)
        assert "source_end" not in rig.control.events
        rig.words()
    rig.after_ms(100)
    rig.words()
    assert rig.control.events.count("source_end") == 1
    assert not rig.clock.fast


def check_held_standing_starts_at_go_without_losing_a_slot():
    rig = Rig(hold="still")
    rig.stream()
    rig.after_ms(100)
    assert all(word[2:] == (1, 2, 3) for word in rig.words())
    rig.control.handlers["go"]({})
    rig.after_ms(100)
    assert rig.read(0x3B)[0] & 0x08 == 0
    accel = [word[2:] for word in rig.words() if word[0] == 2]
    assert accel[0] == (0, 0, 0) and accel[5] == (5, 5, 5)


def check_state_survives_the_processor():
    rig = Rig()
    rig.stream()
    rig.after_ms(100)
    rig.words(10)
    state = rig.chip.state()
    expected = rig.words()
    other = Rig()
    other.clock.now_us = rig.clock.now_us
    other.scene.start_us = rig.scene.start_us
    other.chip.restore(state)
    assert other.words() == expected
    other.after_ms(10 * SLOT_MS)
    assert next(word[2] for word in other.words() if word[0] == 2) == expected[-1][2] + 1
