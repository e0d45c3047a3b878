"""Contract that every driver fulfils, for all chips."""

import errno
import gc

from vpod import board
from workbench import ADDRESSES, AXES, KIND, Bench, Running, drained, raises

from pod.sensors import SensorError
from retrowire import codec

LSM = KIND[:3] == "lsm"
SLACK = 0 if LSM else 2  # error of the pod's clock in samples, for a FIFO without numbered samples
RATES = {
    "lsm": (104, 208, 416, 833),
    "mpu6050": (200, 250, 333, 500),
    "mpu6500": (200, 250, 333),
    "mpu9250": (200, 250, 333),
    "adxl345": (100, 200),
}["lsm" if LSM else KIND]
LSB_UG = {"lsm6dso32": 976, "lsm6dso": 488, "lsm6dsox": 488, "adxl345": 3900}.get(KIND, 488)
TOP_HZ = RATES[-1]


def code(name):
    return codec.value("fault", name)


def part():
    """Return the part that the pod must find. It cannot distinguish an LSM6DSOX from an LSM6DSO."""
    return "lsm6dso" if KIND == "lsm6dsox" else KIND


# -- identity ------------------------------------------------------------------------------------------


def check_found_at_either_address():
    for address in ADDRESSES:
        assert Bench(address, movement=None).driver().chip == part()


def check_found_when_it_is_the_one_that_is_set():
    assert Bench(movement=None).driver(KIND).chip == KIND
    other = "adxl345" if KIND != "adxl345" else "mpu6050"
    error = raises(SensorError, Bench(movement=None).driver, other)
    assert error.code == "sensor_missing" and "0x" in str(error), error


def check_set_address_is_the_only_one_asked():
    on = Bench(ADDRESSES[1], movement=None)
    on.settings.values["address"] = ADDRESSES[0]
    assert raises(SensorError, on.driver).code == "sensor_missing"
    on.settings.values["address"] = ADDRESSES[1]
    assert on.driver().configured()


def check_nothing_there_says_what_to_check():
    on = Bench(movement=None)
    board.chips.clear()
    text = str(raises(SensorError, on.driver))
    for word in ("0x%02X" % ADDRESSES[0], "SDA", "SCL", "3V3", "GND", "pull-up", "address"):
        assert word in text, (word, text)
    assert len(text) <= 120


def check_several_are_named():
    on = Bench(movement=None)
    on.solder(*(("adxl345", 0x53) if KIND != "adxl345" else ("mpu6050", 0x68)))
    error = raises(SensorError, on.driver)
    assert error.code == "sensor_ambiguous" and "0x%02X" % ADDRESSES[0] in str(error) and "Set" in str(error), error
    assert on.driver(KIND).chip == KIND
    on = Bench(movement=None)
    on.solder(KIND, ADDRESSES[1])
    assert raises(SensorError, on.driver).code == "sensor_ambiguous"


def check_an_unknown_identity_is_reported():
    on = Bench(movement=None)
    on.inject("who_am_i", value=0x13)
    error = raises(SensorError, on.driver)
    assert "0x%02X answers as 0x13" % ADDRESSES[0] in str(error) and len(str(error)) <= 120, error
    assert error.code == "sensor_unsupported"


def check_an_unknown_identity_works_if_the_part_is_set():
    on = Bench(movement=None, chip=KIND)
    on.inject("who_am_i", value=0x13)
    driver = on.driver(KIND)
    assert driver.chip == KIND and driver.reason == "forced_chip" and "0x13" in driver.doubt, driver.doubt
    on.wait_ms(100)
    assert driver.configured() and drained(driver) and driver.fifo_samples * 1_000_000 // driver.rate_mhz >= 120
    on.faults.clear()
    on.solder(KIND, ADDRESSES[0])  # another chip with its usual identity
    assert not driver.configured()
    raises(SensorError, driver.start)


def check_a_dead_or_stuck_identity_is_refused_even_if_the_part_is_set():
    for value in (0x00, 0xFF):
        on = Bench(movement=None, chip=KIND)
        on.inject("who_am_i", value=value)
        error = raises(SensorError, on.driver, KIND)
        assert error.code == "sensor_unsupported" and "0x%02x" % value in str(error), error


def check_a_missing_sensor_is_explained_once_a_minute():
    on = Bench(movement=None)
    board.chips.clear()
    pod = Running(on)
    pod.run_ms(3000)  # a search every half second
    assert [row[1] for row in pod.told.rows] == [code("sensor_missing")], pod.told.rows
    pod.run_ms(60_000)
    assert len(pod.told.rows) == 2, pod.told.rows
    on.solder(KIND, ADDRESSES[0])
    pod.run_ms(1000)
    assert pod.samples.sensor


def check_a_stuck_bus_is_reported():
    on = Bench(movement=None)
    on.inject("stuck", level=0)
    assert raises(SensorError, on.driver).code == "bus_stuck"


# -- configuration -------------------------------------------------------------------------------------


def check_every_register_is_read_back():
    on = Bench(movement=None)
    driver = on.driver()
    assert driver.configured()
    seen = 0
    for register, wanted, _ in driver.wanted:
        for i in range(len(wanted)):
            usual = on.chip._regs[register + i]
            assert usual == wanted[i]
            on.chip._regs[register + i] ^= 0x01
            assert not driver.configured(), "0x%02x" % (register + i)
            on.chip._regs[register + i] = usual
            seen += 1
    assert seen >= 8 and driver.configured()


def check_a_chip_that_takes_no_configuration_is_refused():
    on = Bench(movement=None)
    on.chip.faults.swallows_write = lambda: True
    raises(SensorError, on.driver)


def check_lost_power_is_noticed_and_repaired():
    on = Bench()
    driver = on.driver()
    on.wait_ms(100)
    on.chip.power_on()
    assert not driver.configured()
    driver.start()
    on.wait_ms(50)
    assert driver.configured() and drained(driver)


# -- samples -------------------------------------------------------------------------------------------


def check_sensitivity():
    on = Bench(movement=None)
    driver = on.driver(KIND)
    on.lie((0.5, -0.25, 0.8), (300.0, -150.0, 75.0))
    on.wait_ms(60)
    drained(driver)
    on.wait_ms(60)
    sample = drained(driver)[-1][1][-1]
    for i, wanted in enumerate((0.5, -0.25, 0.8)):
        assert abs(sample[i] * driver.acc_lsb_ug / 1e6 - wanted) < 0.004, (i, sample)
    for i, wanted in enumerate((300.0, -150.0, 75.0)):
        if AXES == 6:
            assert abs(sample[3 + i] * driver.gyr_lsb_udps / 1e6 - wanted) < 0.2, (i, sample)
    assert abs(driver.acc_lsb_ug - LSB_UG) <= LSB_UG // 100 and driver.axes == AXES
    assert (driver.gyr_lsb_udps == 0) == (AXES == 3)


def expected(i):
    """Return the sample of the ramp at index i. Every axis has its own slope and sign."""
    return (i, -i - 1, 77, -i - 2, i + 5, -88)[:AXES]


def check_axes_come_in_order_with_their_signs_once_each():
    on = Bench(rate_hz=TOP_HZ)
    driver = on.driver(KIND)
    got = []
    for turn in range(50):
        on.wait_ms(20 if turn % 7 else 110)  # a flash write in between
        for lost, samples in drained(driver):
            assert lost == 0 and not driver.overrun
            got += samples
    first = got[0][0]
    for i in range(len(got)):
        assert got[i] == expected(first + i), (i, first, got[i])
    assert len(got) >= 50 * 0.02 * TOP_HZ and first <= 3 and driver.rejected() == 0


def check_bytes_lost_from_the_fifo_shift_no_sample():
    """A burst that is cut off, or bytes lost between two bursts, must not shift the frames in a FIFO of bytes."""
    if KIND[:3] != "mpu":
        return  # The other FIFOs deliver words or entries, whose start is known.
    for lost in (1, 5, 6, 7, 11, 13):
        for cut in (False, True):
            seen = _samples_after_a_slip(lost, cut)
            for sample in seen:
                assert sample == expected(sample[0]), (lost, cut, sample)
            assert len(seen) >= TOP_HZ * 0.02 * 9, (lost, cut, len(seen))


def _samples_after_a_slip(lost, cut):
    """Return the samples of 12 drains. Before the fifth, `lost` bytes disappear, within a burst if it is `cut`."""
    on = Bench(rate_hz=TOP_HZ)
    driver = on.driver(KIND)
    take_into = on.chip._fifo.take_into

    def fail_after(buf, _count):
        on.chip._fifo.take_into = take_into
        take_into(buf, lost)
        raise OSError(errno.EIO)

    seen = []
    for turn in range(12):
        on.wait_ms(20)
        if turn == 4 and cut:
            on.chip._fifo.take_into = fail_after
        elif turn == 4:
            take_into(bytearray(lost), lost)
        try:
            for _, samples in drained(driver):
                seen += samples
        except OSError:
            pass  # The sampler reads again after 20 ms.
    return seen


def check_every_rate():
    for rate_hz in RATES:
        on = Bench(rate_hz=rate_hz)
        driver = on.driver(KIND)
        assert abs(driver.rate_mhz - rate_hz * 1000) < rate_hz * 10, driver.rate_mhz
        before = on.clock.true_us()
        count = 0
        while on.clock.true_us() < before + 2_000_000:
            on.wait_ms(20)
            count += sum([len(samples) for _, samples in drained(driver)])
        hz = count * 1e6 / (on.clock.true_us() - before)
        assert abs(hz * 1000 - driver.rate_mhz) < 0.01 * driver.rate_mhz, (hz, driver.rate_mhz)


def check_an_oscillator_that_is_off_is_measured():
    for error in (-0.1, 0.1):
        driver = Bench(odr_error=error, rate_hz=TOP_HZ).driver(KIND)
        wanted = {416: 416_687, 833: 833_375, 333: 333_333}.get(TOP_HZ, TOP_HZ * 1000) * (1 + error)
        assert abs(driver.rate_mhz - wanted) < 0.01 * wanted, (driver.rate_mhz, wanted)


def check_rates_that_outrun_the_fifo_are_refused():
    refused = {"adxl345": 400, "mpu6500": 500, "mpu9250": 500}.get(KIND)
    if refused:
        error = raises(SensorError, Bench(movement=None, rate_hz=refused).driver)
        assert str(refused) in str(error) and "FIFO" in str(error), error
    driver = Bench(movement=None).driver(KIND)  # The default rate always works, although not every chip has it.
    assert driver.fifo_samples * 1_000_000 // driver.rate_mhz >= 120
    assert driver.rate_hz in RATES


class Canned:
    """A bus that always reports `words` in the FIFO, without the allocations of the model."""

    def __init__(self, words):
        self.words = words

    def readfrom_mem_into(self, address, register, buf):
        if len(buf) <= 2:
            for i in range(len(buf)):
                buf[i] = 0
            buf[len(buf) - 1 if KIND[:3] == "mpu" else 0] = self.words


def bytes_for_a_drain(driver, words):
    driver.bus = Canned(words)
    for _ in range(3):
        gc.collect()
        before = gc.mem_alloc()
        words = driver.level()
        driver.lost()
        took = driver.read(words)
        while took:
            words -= took
            while driver.unpack():
                pass
            took = driver.read(words)
        used = gc.mem_alloc() - before
    return used


def check_samples_allocate_nothing():
    on = Bench(movement=None)
    driver = on.driver(KIND)
    on.wait_ms(60)
    drained(driver)
    few, many = bytes_for_a_drain(driver, 12), bytes_for_a_drain(driver, 24)
    assert few == many <= 64, (few, many)


# -- self-test, sleep, temperature ---------------------------------------------------------------------


def check_self_test_passes_on_a_sound_chip():
    on = Bench(movement=None)
    driver = on.driver(KIND)
    rows = driver.self_test()
    assert [row[0] for row in rows] == ["ax", "ay", "az", "gx", "gy", "gz"][:AXES]
    for axis, value, least, most in rows:
        assert least <= value <= most and least < most, (axis, value, least, most)
    assert driver.configured()
    on.wait_ms(50)
    assert drained(driver)


def check_self_test_fails_on_a_weak_chip():
    on = Bench(movement=None)
    on.inject("self_test", scale=0.1)
    for axis, value, least, most in on.driver(KIND).self_test():
        assert not least <= value <= most, (axis, value, least, most)


def check_sleep_and_back():
    on = Bench()
    driver = on.driver(KIND)
    on.wait_ms(50)
    assert drained(driver)
    driver.sleep()
    driver.level()
    drained(driver)
    on.wait_ms(200)
    assert driver.level() == 0
    driver.start()
    on.wait_ms(50)
    assert drained(driver)


def check_motion_wakes():
    on = Bench(movement=None)
    driver = on.driver(KIND)
    driver.wake_on_motion(200)
    for _ in range(10):
        on.wait_ms(100)
        assert not driver.moved()
    on.lie((0.05, 0.0, 1.0))
    on.wait_ms(100)
    assert not driver.moved()
    on.lie((0.6, 0.0, 1.0))
    on.wait_ms(100)
    assert driver.moved()
    on.lie((0.0, 0.0, 1.0))
    on.wait_ms(100)
    driver.moved()
    on.wait_ms(100)
    assert not driver.moved()
    driver.start()
    on.wait_ms(50)
    assert drained(driver)


def check_temperature():
    driver = Bench(movement=None).driver(KIND)
    reading = driver.temperature_cc()
    assert reading is None if KIND == "adxl345" else abs(reading - 3000) < 20, reading


# -- faults, through the pod's sampler -----------------------------------------------------------------


def accounted(running):
    samples = running.samples
    assert samples.taken + samples.lost == samples.index == running.engine.index


def on_time(running, slack):
    """Check that every sample of the engine has its index in the source, within `slack`."""
    offsets = [index - value for index, value in running.engine.seen]
    assert max(offsets) - min(offsets) <= slack, (min(offsets), max(offsets))


def check_overrun_is_counted():
    for lost in (7, 50, 333):
        running = Running(Bench(rate_hz=TOP_HZ))
        running.run_ms(9000)
        running.on.inject("overrun", slots=lost)
        running.run_ms(3000)
        samples = running.samples
        emptied = samples.sensor.fifo_samples if KIND[:3] == "mpu" else 0
        assert samples.overruns == 1
        assert abs(samples.lost - lost - emptied) <= SLACK + (2 if emptied else 0), (samples.lost, lost)
        accounted(running)
        on_time(running, SLACK)


FAULTS = (
    ("nack", {"count": 2}),
    ("nack", {"for_ms": 400}),
    ("stuck", {"level": 0, "for_ms": 300}),
    ("stuck", {"level": 1, "for_ms": 300}),
    ("held", {}),
    ("brownout", {}),
    ("who_am_i", {"value": 0x13, "for_ms": 700}),
    ("overrun", {"slots": 60}),
    ("stuck_axis", {"axis": 1, "value": 123, "for_ms": 900}),
    ("saturated_axis", {"axis": 2, "for_ms": 900}),
)


def check_every_fault_is_reported_within_a_second_and_repaired():
    for kind, details in FAULTS:
        running = Running(Bench(movement="shake", rate_hz=TOP_HZ))
        running.run_ms(8500)
        told = running.told
        before = len(told.events), running.samples.all_errors() + running.samples.overruns
        begun = running.on.clock.true_us()
        running.on.inject(kind, **details)
        running.run_ms(1000)
        news = [event for event in told.events[before[0] :] if event[0] - begun <= 1_000_000]
        assert news, (kind, "not told")
        counted = running.samples.all_errors() + running.samples.overruns
        assert told.rows or counted > before[1], (kind, "not counted")
        running.run_ms(2500)
        taken = running.samples.taken
        running.run_ms(500)
        assert running.samples.taken - taken > 0.4 * TOP_HZ, (kind, "not repaired")
        accounted(running)
        assert running.engine.gaps or (kind, details) == FAULTS[0], (kind, "strides not flagged")
        clock = running.samples.clock
        seconds = (running.on.clock.true_us() - running.on.scene.start_us) / 1e6
        assert abs(running.samples.index * 1000 / clock.rate_mhz - seconds) < 0.03, (kind, "time base lost")


def check_a_held_line_is_clocked_free():
    running = Running(Bench(rate_hz=TOP_HZ))
    running.run_ms(500)
    running.on.inject("held")
    running.run_ms(1500)
    assert not running.on.chip.faults.holds_data() and running.samples.sensor
    assert code("bus_stuck") not in [row[1] for row in running.told.rows]


def check_a_bus_that_cannot_be_freed_is_reported():
    running = Running(Bench(rate_hz=TOP_HZ))
    running.run_ms(500)
    running.on.inject("stuck", level=0, for_ms=2000)
    running.run_ms(1000)
    assert code("bus_stuck") in [row[1] for row in running.told.rows]


def check_an_oscillator_that_changes_is_reported_and_measured():
    for error in (-0.1, 0.1):
        running = Running(Bench(movement="shake", rate_hz=TOP_HZ))
        running.run_ms(12_500)  # a rate must be known before it can change
        begun, before = running.on.clock.true_us(), running.samples.clock.rate_mhz
        running.on.inject("oscillator", error=error)
        running.run_ms(1000)
        assert [row[1] for row in running.told.rows] == [code("sensor_rate")], "not told"
        assert running.engine.gaps and running.engine.gaps[0][0] > begun
        running.run_ms(1500)
        samples, truth_mhz = running.samples, before * (1 + error)
        assert abs(samples.clock.rate_mhz - truth_mhz) < truth_mhz * 0.01, (samples.clock.rate_mhz, truth_mhz)
        taken, built = samples.taken, running.pipeline.engine
        running.run_ms(12_500)
        # reported once, then measured more accurately, without another restart of the chip or the engine
        assert len(running.told.rows) == 1, running.told.rows
        assert abs(samples.clock.rate_mhz - truth_mhz) < truth_mhz * 0.001, (samples.clock.rate_mhz, truth_mhz)
        assert samples.taken - taken > 12.4 * TOP_HZ * (1 + error) * 0.98
        assert running.pipeline.engine is built is not running.engine and samples.lost <= SLACK, samples.lost


def check_an_oscillator_that_differs_from_its_trim_is_reported_and_measured():
    for error in (-0.08, 0.08):
        on = Bench(movement="shake", rate_hz=TOP_HZ)
        running = Running(on)
        claimed = running.samples.sensor.rate_mhz
        on.inject("oscillator", error=error)  # before the pod has ever measured the rate
        running.run_ms(14_000)
        assert [row[1] for row in running.told.rows] == [code("sensor_rate")], running.told.rows
        assert abs(running.samples.clock.rate_mhz - claimed * (1 + error)) < claimed * 0.002
        assert running.pipeline.engine is not running.engine


def check_samples_that_go_missing_unseen_are_counted_and_no_change_of_rate():
    running = Running(Bench(movement="shake", rate_hz=TOP_HZ))
    running.run_ms(12_500)
    samples, before = running.samples, running.samples.clock.rate_mhz
    samples.index -= 60  # simulate an unreported loss of a burst
    running.engine.index -= 60
    running.run_ms(4000)
    assert abs(samples.lost - 60) <= 2, samples.lost
    assert abs(samples.clock.rate_mhz - before) < before * 0.005
    assert running.pipeline.engine is running.engine


def check_rates_of_minus_one_count_are_no_hanging_line():
    on = Bench(movement=None, rate_hz=TOP_HZ)
    running = Running(on)
    driver = running.samples.sensor
    if AXES == 6:
        on.lie((0.0, 0.0, 1.0), (-driver.gyr_lsb_udps / 1e6,) * 3)  # frequent with noise around zero
    running.run_ms(1000)
    assert running.engine.seen and not running.samples.all_errors() and not running.told.rows


def check_standing_still_is_no_stuck_axis():
    running = Running(Bench(movement=None, rate_hz=TOP_HZ))
    running.run_ms(5000)
    assert not running.told.rows and not running.engine.gaps
    running = Running(Bench(movement="shake", rate_hz=TOP_HZ))
    running.run_ms(20000)
    assert not running.told.rows and not running.engine.gaps, (running.told.rows, running.engine.gaps)


def check_a_first_contact_that_fails_in_the_middle_is_repeated():
    from pod import sensors

    probe = sensors.probe

    def probe_failing(*args):
        driver = probe(*args)

        def fail():  # after the engine was built
            raise OSError(19)

        driver.empty = fail
        return driver

    sensors.probe = probe_failing
    try:
        running = Running(Bench(rate_hz=TOP_HZ))
    finally:
        sensors.probe = probe
    assert running.samples.sensor is None and running.pipeline.engine is not None
    running.run_ms(3000)
    assert running.samples.sensor and running.samples.taken > TOP_HZ, running.samples.taken
