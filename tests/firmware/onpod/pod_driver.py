"""The LSM6DS driver against the register model of the virtual pod, which was written from the data sheet by itself."""

import errno
import struct

import rig
import vpod.wave

from pod.sampling.sampleclock import SampleClock
from pod.sensors import SensorError, probe
from pod.sensors.lsm6ds import Lsm6ds

vpod.wave.MOUNT_POINT = ""


class Bus:
    """The chip of a rig at one address."""

    def __init__(self, bench, address=0x6A):
        self.bench = bench
        self.address = address
        self.longest = 0

    def _chip(self, address):
        if address != self.address or not self.bench.chip.faults.acknowledges():
            raise OSError(errno.ENODEV)
        return self.bench.chip

    def readfrom_mem_into(self, address, register, buf):
        self.longest = max(self.longest, len(buf))
        self._chip(address).read_into(register, buf)

    def writeto_mem(self, address, register, buf):
        self._chip(address).write(register, buf)


class Settings:
    def __init__(self, **values):
        self.values = {"address": 0, "rate_hz": 416, "chip": "auto"}
        self.values.update(values)

    def get(self, name):
        return self.values[name]


def bench(**changes):
    return rig.Rig(**changes)


def started(on, rate_hz=416, part="lsm6dso32", address=0x6A):
    bus = Bus(on, address)
    driver = Lsm6ds(bus, address, rate_hz, part, lambda ms: rig_sleep(on, ms))
    driver.start()
    return driver


def rig_sleep(on, ms):
    on.clock.now_us += ms * 1000


def drained(driver):
    """[(lost before, first index, samples)] of everything that waits; a sample's value is its index on all axes."""
    out = []
    words = driver.level()
    while words > 1:
        words -= driver.read(words)
        count = driver.unpack()
        while count:
            values = struct.unpack("<%dh" % (6 * count), driver.samples[: 12 * count])
            for i in range(count):
                assert values[6 * i : 6 * i + 3] == values[6 * i + 3 : 6 * i + 6], "halves of two samples"
            out.append((driver.lost(), values[0], count))
            count = driver.unpack()
    return out


def test_finds_the_chip_at_either_address():
    for address in (0x6A, 0x6B):
        on = bench()
        driver = probe(Bus(on, address), Settings(), "auto", lambda ms, on=on: rig_sleep(on, ms))
        assert driver.configured()
    try:
        probe(Bus(bench(), 0x6C), Settings(), "auto", lambda ms: None)
    except SensorError as error:
        assert error.code == "sensor_missing"
    else:
        raise AssertionError("found nothing, and said nothing")


def test_other_chips_are_not_taken_for_it():
    on = bench()
    on.chip.faults._begin({"kind": "who_am_i", "value": 0x68})
    try:
        probe(Bus(on), Settings(), "auto", lambda ms: None)
    except SensorError:
        return
    raise AssertionError("0x68 is not an LSM6DS")


def test_every_rate_and_its_fine_figure():
    for rate_hz, mhz in ((104, 104_172), (208, 208_344), (416, 416_687), (833, 833_375)):
        driver = started(bench(), rate_hz)
        assert abs(driver.rate_mhz - mhz) < 2, driver.rate_mhz
        fast = started(bench(freq_fine=0.03), rate_hz)
        assert abs(fast.rate_mhz - mhz * 1.03) < mhz * 0.001, fast.rate_mhz


def test_samples_come_whole_in_order_and_once():
    on = bench()
    driver = started(on)
    got = []
    for turn in range(60):
        rig_sleep(on, 20 if turn % 7 else 110)  # a flash write in between
        got += drained(driver)
    index = got[0][1]
    for lost, first, count in got:
        assert lost == 0 and first == index, (lost, first, index)
        index += count
    assert index - got[0][1] > 60 * 20 * 0.416 and driver.rejected() == 0


def test_odd_words_wait_for_their_half():
    on = bench()
    driver = started(on)
    rig_sleep(on, 50)
    words = driver.level()
    assert driver.read(1) == 0 and driver.level() == words
    assert driver.read(3) == 2
    assert driver.unpack() == 1


def test_overrun_is_detected_modulo_four():
    on = bench()
    driver = started(on)
    rig_sleep(on, 100)
    before = drained(driver)
    assert not driver.overrun
    rig_sleep(on, 900)
    after = drained(driver)
    missing = after[0][1] - before[-1][1] - before[-1][2]
    assert missing > 50
    assert after[0][0] == missing % 4
    rig_sleep(on, 20)
    drained(driver)
    assert not driver.overrun


def test_small_losses_are_counted_exactly():
    on = bench()
    driver = started(on)
    rig_sleep(on, 50)
    drained(driver)
    for slots in (1, 2):
        on.chip._produce()
        on.chip._slot += slots  # time slots that never reach the FIFO
        rig_sleep(on, 50)
        assert drained(driver)[0][0] == slots


def corrupted(words):
    """A driver that reads these FIFO words."""

    class Words:
        def readfrom_mem_into(self, address, register, buf):
            if register == 0x3A:
                buf[0], buf[1] = len(words), 0
            else:
                for i in range(len(buf) // 7):
                    buf[7 * i : 7 * i + 7] = words[i]

    return Lsm6ds(Words(), 0x6A, 416, "lsm6dso32", lambda ms: None)


def word(sensor, slot, value, flip=0):
    tag = sensor << 3 | (slot & 3) << 1
    ones = sum([tag >> bit & 1 for bit in range(8)])
    return bytes(((tag | ones & 1) ^ flip,)) + struct.pack("<3h", value, value, value)


def pairs(slots):
    return [word(sensor, slot, slot) for slot in slots for sensor in (1, 2)]


def test_a_damaged_tag_costs_its_sample_and_no_other():
    for damaged in range(12):
        for bit in range(8):
            words = pairs(range(6))
            words[damaged] = bytes((words[damaged][0] ^ 1 << bit,)) + words[damaged][1:]
            driver = corrupted(words)
            got = drained(driver)
            values = [first + i for _, first, count in got for i in range(count)]
            assert values == [slot for slot in range(6) if slot != damaged // 2], (damaged, bit, got)
            last = damaged // 2 == 5
            assert driver.rejected() == 1 and sum([lost for lost, _, _ in got]) == (0 if last or damaged < 2 else 1)


def test_three_lost_slots_differ_from_a_stopped_counter():
    words = pairs([0, 1]) + [word(1, 2, 9, flip=1)] + pairs([5, 6])
    assert [lost for lost, _, _ in drained(corrupted(words))] == [0, 3]
    still = [word(sensor, 0, 7) for _ in range(5) for sensor in (1, 2)]
    assert [(lost, count) for lost, _, count in drained(corrupted(still))] == [(0, 5)]


def test_strange_tags_are_counted_and_passed_over():
    words = pairs([0]) + [word(3, 0, 99), word(4, 1, 98)] + pairs([1])
    driver = corrupted(words)
    assert [(lost, first, count) for lost, first, count in drained(driver)] == [(0, 0, 2)]
    assert driver.rejected() == 2


def test_accelerometer_may_come_first():
    words = [word(sensor, slot, slot) for slot in range(4) for sensor in (2, 1)]
    assert drained(corrupted(words)) == [(0, 0, 4)]


def test_a_line_that_is_stuck_high_is_an_error():
    on = bench(faults=())
    driver = started(on)
    on.chip.faults._begin({"kind": "stuck", "level": 1, "for_ms": 100})
    try:
        driver.level()
    except OSError:
        return
    raise AssertionError("1023 words were believed")


def test_lost_configuration_is_noticed():
    on = bench()
    driver = started(on)
    assert driver.configured()
    on.chip.power_on()
    assert not driver.configured()
    driver.start()
    rig_sleep(on, 50)
    assert driver.configured() and drained(driver)


def test_gravity_identifies_the_part():
    for kind, lsb in (("lsm6dso32", 976), ("lsm6dso", 488)):
        rig.STANDING, usual = struct.pack("<hhh", 0, 0, round(1e6 / lsb)), rig.STANDING
        try:
            driver = started(bench(kind=kind), part="auto")
            assert (driver.chip, driver.acc_lsb_ug, driver.doubt) == (kind, lsb, "")
            wrong = "lsm6dsox" if kind == "lsm6dso32" else "lsm6dso32"
            assert wrong in started(bench(kind=kind), part=wrong).doubt
        finally:
            rig.STANDING = usual
    assert "counts" in started(bench(), part="lsm6dso32").doubt  # the usual rest of the rig has zero gravity


def test_bursts_are_few():
    on = bench()
    driver = started(on)
    rig_sleep(on, 500)
    words, reads = driver.level(), 0
    while words > 1:
        words -= driver.read(words)
        while driver.unpack():
            pass
        reads += 1
    assert reads <= 7  # 416 words


def test_a_chip_that_never_answers_its_reset_is_given_up():
    class Deaf:
        def readfrom_mem_into(self, address, register, buf):
            raise OSError(errno.ETIMEDOUT)

        def writeto_mem(self, address, register, buf):
            pass

    waited = []
    try:
        Lsm6ds(Deaf(), 0x6A, 416, "auto", waited.append).start()
    except SensorError as error:
        assert error.code == "sensor_lost" and sum(waited) <= 100
        return
    raise AssertionError("it waits permanently")


def test_temperature():
    assert abs(started(bench()).temperature_cc() - 3000) < 5


def test_true_rate_is_measured_from_the_fifo():
    on = bench(odr_error=0.04, freq_fine=0.0)
    driver = started(on)
    clock = SampleClock(driver.rate_mhz)
    index = 0
    for turn in range(3000):
        rig_sleep(on, 7 if turn % 3 else 16)
        ms = on.clock.now_us // 1000
        words = driver.level()
        clock.look(index - 1 + driver.waiting(words), ms // 1000, ms % 1000)
        while words > 1:
            words -= driver.read(words)
            count = driver.unpack()
            while count:
                index += count
                count = driver.unpack()
    assert abs(clock.rate_mhz - 416_687 * 1.04) < 40, clock.rate_mhz
