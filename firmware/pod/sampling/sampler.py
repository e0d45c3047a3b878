"""From the sensor's FIFO to strides: drain it, feed the engine, pass on strides and raw samples; notice a failing chip.

`collect` runs while the file system is in use (see flash.py). So nothing below a drain writes a file or loads a module:
what needs that waits for the next `step`.
"""

from pod import sensors
from pod.gait import stride as S
from pod.gait.engine import Engine, preload
from pod.link.rawpacker import RawPacker
from pod.ondemand import unload
from pod.sampling import axiswatch
from pod.sampling.ratecheck import RateCheck, differ
from pod.sampling.sampleclock import SampleClock
from pod.storage.messages import StridePacker
from retrowire import codec

_DRAIN_MS = 20
_PROBE_MS = 500
_CHECK_MS = 500
_SILENT_DRAINS = 3  # without a sample: a chip that has lost its configuration is mostly silent
_DEAD_DRAINS = 25
_RATE_EVENT_MS = 60_000
_FAILURES = 5  # drains in a row that the bus may fail before the chip counts as gone
_LONGEST_GAP = 1 << 24  # samples: half a day
_CHANGED_PERMILLE = 7  # less than that, and it is not the rate: samples are missing
_ABSURD_PERMILLE = 350  # more than that is no oscillator
_RETIME_PERMILLE = 30  # a rate that has changed by so much takes an engine of its own
_EARLY_MS = 8  # a drain inside of a flash access may come so much before its time
_SLACK = 2  # samples that the clock's account may be off by: no loss

# Faults by the names that drivers give them.
_FAULTS = {
    "sensor_missing": codec.value("fault", "sensor_missing"),
    "sensor_ambiguous": codec.value("fault", "sensor_ambiguous"),
    "sensor_other": codec.value("fault", "sensor_other"),
    "sensor_fifo": codec.value("fault", "sensor_fifo"),
    "sensor_lost": codec.value("fault", "sensor_lost"),
    "sensor_reset": codec.value("fault", "sensor_reset"),
    "sensor_rate": codec.value("fault", "sensor_rate"),
    "bus_stuck": codec.value("fault", "bus_stuck"),
}
_EVENT_LOST = codec.value("event", "samples_lost")
_EVENT_SENSOR = codec.value("event", "sensor")
_EVENT_RATE = codec.value("event", "rate")
# What the sensor event's `a` says
_GONE, _CAME, _SET_UP, _BUS_ERRORS, _AXIS_BAD, _AXIS_GOOD = 0, 1, 2, 3, 4, 5


class Sampler:
    """Owns the sensor and the engine. `samples`, `lost`, `strides` count since the start; `index`: of the next sample.

    `sensor` and `clock` (a SampleClock) are None while no sensor has answered.
    """

    def __init__(self, board, settings, uptime, faults, publisher, mount):
        """`uptime`: the pod's Clock."""
        self.sensor = None
        self.clock = None
        self.chip = "none"
        self.samples = 0
        self.lost = 0
        self.strides = 0
        self.index = 0
        self.overruns = 0
        self.errors = 0
        self.temperature_cc = None
        self.tap = None  # a function that gets (samples, count) of every burst, for a while
        self._board = board
        self._settings = settings
        self._uptime = uptime
        self._faults = faults
        self._publisher = publisher
        self._mount = mount
        self._engine = None
        self._packer = StridePacker(settings.get("length_factor"))
        self._raw = None
        self._wait_ms = 0
        self._stepped_s = uptime.uptime_s
        self._stepped_ms = uptime.uptime_ms
        self._draining = False
        self._asked_mhz = 0  # rate that takes an engine of its own, to be built by the next step
        self._check_ms = _CHECK_MS
        self._rate_ms = _RATE_EVENT_MS
        self._silent = 0
        self._failures = 0
        self._told_errors = 0
        self._watch = None
        self._rate_mhz = 0  # of the engine
        self._told_mhz = 0  # by the driver, when the chip came
        self._numbers = 0  # of strides that engines before this one have found
        self._rate_check = RateCheck()
        self._resume = False  # the chip was away: what it missed is told by the clock

    def step(self) -> None:
        """Drain when it is time, or probe for a sensor twice a second. Costs little when it is not: call it often."""
        self._count_down()
        if self._wait_ms <= 0:
            self._guarded(self._turn)

    def collect(self) -> None:
        """Drain if it is time, and nothing else: the file system is in use, or a long computation is under way."""
        if self.sensor is None or self._draining:
            return
        self._count_down()
        if self._wait_ms <= _EARLY_MS:
            self._wait_ms = _DRAIN_MS
            self._guarded(self._drain)

    def _count_down(self) -> None:
        uptime = self._uptime
        uptime.update()
        elapsed_ms = (uptime.uptime_s - self._stepped_s) * 1000 + uptime.uptime_ms - self._stepped_ms
        self._stepped_s = uptime.uptime_s
        self._stepped_ms = uptime.uptime_ms
        self._wait_ms -= elapsed_ms
        self._check_ms -= elapsed_ms
        self._rate_ms -= elapsed_ms

    def _guarded(self, work) -> None:
        try:
            work()
        except (OSError, sensors.SensorError) as error:
            self._failed(error)
        except MemoryError as error:
            self._board.heap_free()
            if self._engine is not None:
                self._resume = self.samples > 0  # the clock tells how many of the samples under way are lost
                raise
            self.sensor = None
            self._failed(error)  # no room for the engine: the pod still greets, and its runs can be fetched

    def preload(self) -> None:
        """Load all machine code that some sensor may need: later the pod may have no room for it."""
        __import__("pod.sensors.lsm6ds")
        __import__("pod.sensors.mpu6050")
        preload()

    @property
    def present(self) -> bool:
        """Whether a sensor delivers."""
        return self.sensor is not None

    def all_errors(self) -> int:
        """Transfers that failed and FIFO words that were thrown away."""
        return self.errors + (self.sensor.rejected() if self.sensor else 0)

    def self_test(self) -> list:
        """The driver's self-test: (axis, measured, least, most). For up to a second nothing is sampled: a gap.

        OSError or SensorError when the chip does not answer as it should.
        """
        try:
            rows = self.sensor.self_test()
        except (OSError, sensors.SensorError) as error:
            self._failed(error)
            raise
        self._settle_in()
        return rows

    def wake(self) -> None:
        """The sensor has slept: it is set up anew. The index goes on by the time that has passed; nothing is lost."""
        lost = self.lost
        self._rate_check.restart()
        try:
            self.sensor.start()
        except (OSError, sensors.SensorError) as error:
            self._failed(error)
        self._uptime.update()
        self._skip(self._estimate_lost(self.index))
        self.lost = lost
        self.clock.restart(self.clock.rate_mhz)
        self._settle_in()

    def _turn(self) -> None:
        if self.sensor is None:
            self._wait_ms = _PROBE_MS
            self._connect()
            return
        self._wait_ms = _DRAIN_MS
        if self._asked_mhz:
            self._set_engine(self.sensor, self._asked_mhz)
        self._drain()
        if self._check_ms <= 0 or self._silent == _SILENT_DRAINS:
            self._check_ms = _CHECK_MS
            self._check()

    # -- the chip comes, goes and comes back -------------------------------------------------------

    def _connect(self) -> None:
        # what the part is has been found out at rest: it is not asked again of a foot that moves
        part = self.chip if self._engine else self._settings.get("chip")
        board = self._board
        bus = board.i2c(self._settings)
        sensor = sensors.probe(bus, self._settings, part, board.sleep_ms, board.ticks_us, board.ticks_diff)
        if sensor.doubt:
            self._fault("sensor_ambiguous", sensor.doubt)
        if self._engine is None:
            self._build(sensor)
        elif (sensor.chip, sensor.acc_lsb_ug) != (self.chip, self._acc_lsb_ug):
            raise sensors.SensorError("sensor_ambiguous", "another sensor than before: restart the pod")
        elif sensor.rate_mhz != self._told_mhz and differ(sensor.rate_mhz, self._rate_mhz, _RETIME_PERMILLE):
            self._uptime.update()
            self._skip(self._estimate_lost(self.index - 1))
            self._retime(sensor, sensor.rate_mhz)
        if self._asked_mhz:
            self._set_engine(sensor, self._asked_mhz)
        self._told_mhz = sensor.rate_mhz
        self.sensor = sensor
        self._settle_in()
        self._publisher.event(_EVENT_SENSOR, self.index, _CAME, 0)

    def _build(self, sensor) -> None:
        self.chip = sensor.chip
        self._acc_lsb_ug = sensor.acc_lsb_ug
        self.clock = SampleClock(sensor.rate_mhz)
        self._set_engine(sensor, sensor.rate_mhz)
        self._raw = RawPacker(sensor.axes)
        sensor.empty()  # of what came while the engine was loaded: sampling begins here
        self._watch = axiswatch.AxisWatch(sensor.axes, sensor.acc_lsb_ug, sensor.gyr_lsb_udps, sensor.full_scale)

    def _retime(self, sensor, rate_mhz: int) -> None:
        """The oscillator runs at another rate than before: a clock for that one; the index goes on."""
        self.clock = SampleClock(rate_mhz)
        if differ(rate_mhz, self._rate_mhz, _RETIME_PERMILLE):
            self._asked_mhz = rate_mhz
        self._publisher.event(_EVENT_RATE, self.index, rate_mhz, 0)

    def _set_engine(self, sensor, rate_mhz: int) -> None:
        """An engine for this rate, which goes on where the one before ends, if there was one."""
        sensor.rate_mhz = self._rate_mhz = rate_mhz
        self._asked_mhz = 0
        self._engine = None  # its memory first; and kernels are loaded through large pieces of it
        self._board.heap_free()
        self._engine = Engine(rate_mhz, sensor.acc_lsb_ug, sensor.gyr_lsb_udps)
        unload("pod.gait.sixaxis_setup", "pod.gait.constants")
        if self.index:
            self._engine.gap(self.index)
        self._numbers = self.strides
        self._mount.attach(self._engine, sensor)

    def _settle_in(self) -> None:
        self._wait_ms = _DRAIN_MS
        self._check_ms = _CHECK_MS
        self._silent = 0
        self._failures = 0
        self._rate_check.restart()
        self._resume = self.samples > 0 and self.clock.started()

    def _failed(self, error) -> None:
        self.errors += 1
        if self.sensor is None:
            self._free_bus()
            if self._engine:
                return  # that it went has been told
            self._fault(error.code if isinstance(error, sensors.SensorError) else "sensor_missing", str(error))
            return
        self._failures += 1
        if self.sensor.slots == 1:
            self._resume = self.samples > 0  # a burst may have been lost on the way: only the clock can tell
        if self._failures >= _FAILURES or isinstance(error, sensors.SensorError):
            self._let_go("no answer: %s" % error)

    def _fault(self, name: str, text: str) -> None:
        self._faults.add(_FAULTS[name], text)

    def _let_go(self, why: str) -> None:
        """Give the chip up, clear the bus and look for it again at once."""
        self._fault("sensor_lost", why)
        self.sensor = None
        self._wait_ms = 0
        self._free_bus()
        self._publisher.event(_EVENT_SENSOR, self.index, _GONE, 0)

    def _free_bus(self) -> None:
        if not self._board.free_bus(self._settings):
            self._fault("bus_stuck", "the data line stays low: wiring, or a pull-up is missing")

    def _check(self) -> None:
        """Twice a second: is it still the chip that was configured, and does it deliver?"""
        if not self.sensor.configured():
            self._fault("sensor_reset", "the sensor lost its configuration")
            self.sensor.start()
            self._settle_in()
            self._publisher.event(_EVENT_SENSOR, self.index, _SET_UP, 0)
        elif self._silent >= _DEAD_DRAINS:
            self._let_go("the sensor delivers nothing")
        else:
            self.temperature_cc = self.sensor.temperature_cc()
            if self.clock.calibrated and differ(self.clock.rate_mhz, self._rate_mhz, _RETIME_PERMILLE):
                self._fault("sensor_rate", "the sensor's rate is not what it says")
                self._set_engine(self.sensor, self.clock.rate_mhz)
        errors = self.all_errors()
        if errors != self._told_errors:
            self._publisher.event(_EVENT_SENSOR, self.index, _BUS_ERRORS, errors)
            self._told_errors = errors
        if self._rate_ms <= 0 and self.clock.calibrated:
            self._rate_ms = _RATE_EVENT_MS
            self._publisher.event(_EVENT_RATE, self.index, self.clock.rate_mhz, 0)

    # -- samples -----------------------------------------------------------------------------------

    def _drain(self) -> None:
        self._draining = True
        try:
            self._empty_fifo()
        finally:
            self._draining = False
        self._failures = 0

    def _empty_fifo(self) -> None:
        sensor = self.sensor
        uptime = self._uptime
        self._silent += 1
        words = sensor.level()
        uptime.update()
        newest = self.index - 1 + sensor.waiting(words)
        estimate = 0
        if sensor.overrun:
            self.overruns += 1
            if words == 0:
                self._resume = True  # the FIFO had to be emptied
        if words == 0:
            return
        if self._resume:
            self._resume = False
            lost = self._estimate_lost(newest)
            self._skip(lost if lost > _SLACK else 0)
        elif sensor.overrun:
            self._rate_check.restart()
            estimate = self._estimate_lost(newest)
        else:
            self._keep_time(newest)
        count = last = 0
        took = sensor.read(words)
        while took:
            words -= took
            count = sensor.unpack()
            while count:
                self._take(count, estimate)
                estimate = 0
                last = count
                count = sensor.unpack()
            took = sensor.read(words)
        if last:
            self._look_at_axes(last - 1)

    def _keep_time(self, newest: int) -> None:
        """Hold the FIFO's newest sample against the clock. While a changed rate is measured, no stride is decided."""
        s, ms = self._uptime.uptime_s, self._uptime.uptime_ms
        if self._rate_check.measuring:
            self._engine.gap(0)
            rate_mhz = self._rate_check.measure(newest, s, ms)
            if rate_mhz:
                self._follow(newest, rate_mhz)
        elif self._rate_check.watch(self.clock, newest, s, ms):
            self._fault("sensor_rate", "samples do not keep time: the sensor's oscillator has changed")
            self._engine.gap(0)
        else:
            self._skip(self.clock.look(newest, s, ms))

    def _follow(self, newest: int, rate_mhz: int) -> None:
        """Samples ran away from the clock at this rate: the rate has changed, or some have gone missing unseen."""
        if differ(rate_mhz, self.clock.rate_mhz, _ABSURD_PERMILLE):
            raise sensors.SensorError("sensor_rate", "the sensor does not deliver steadily")
        if not differ(rate_mhz, self.clock.rate_mhz, _CHANGED_PERMILLE):
            self._skip(self._estimate_lost(newest))
        self._retime(self.sensor, rate_mhz)

    def _look_at_axes(self, place: int) -> None:
        """At sample `place` of those last unpacked: is an axis stuck or saturated? Then no stride is to be decided."""
        watch = self._watch
        watch.look(self.sensor.samples, place * 2 * self.sensor.axes)
        if watch.suspect():
            self._engine.gap(0)
        axis = watch.changed()
        if axis < 0:
            return
        state = watch.state(axis)
        if state == axiswatch.GOOD:
            self._publisher.event(_EVENT_SENSOR, self.index, _AXIS_GOOD, axis)
            return
        self.errors += 1
        self._told_errors += 1
        how = "stuck" if state == axiswatch.STUCK else "at full scale"
        self._faults.add(
            codec.value("fault", "sensor_axis"), "%s is %s" % (("ax", "ay", "az", "gx", "gy", "gz")[axis], how)
        )
        self._publisher.event(_EVENT_SENSOR, self.index, _AXIS_BAD, axis)

    def _estimate_lost(self, newest: int) -> int:
        """Samples lost by the clock's account, given that the FIFO's newest would be `newest` had none been."""
        expected = self.clock.expected(self._uptime.uptime_s, self._uptime.uptime_ms)
        return max(0, min(_LONGEST_GAP, expected - newest))

    def _take(self, count: int, estimate: int) -> None:
        lost = self.sensor.lost()
        if estimate:
            slots = self.sensor.slots
            lost += (estimate - lost + slots // 2) // slots * slots  # the FIFO knows it modulo 4 or not at all
        self._skip(lost)
        self._silent = 0
        samples = self.sensor.samples
        waiting = self._engine.feed(samples, 0, count)
        if self.tap:
            self.tap(samples, count)
        if self._publisher.wants_raw():
            self._raw.take(self.index, samples, count, self._publisher)
        else:
            self._raw.clear()
        self.index += count
        self.samples += count
        if waiting:
            self._hand_on()
        if self._watch.suspect():
            self._mount.gap()  # what a bad axis shows is no handling
        else:
            self._mount.feed(samples, 0, count)

    def _skip(self, lost: int) -> None:
        if lost <= 0:
            return
        self.flush_raw()
        self._engine.gap(lost)
        self._mount.gap()
        self.index += lost
        self.lost += lost
        self._publisher.event(_EVENT_LOST, self.index, lost, 0)

    def _hand_on(self) -> None:
        """Every stride that is ready."""
        packer = self._packer
        while self._engine.pop_into(packer.record):
            packer.factor = self._settings.get("length_factor")
            packer.record[S.NUMBER] += self._numbers
            packer.pack(self.clock)
            self._publisher.stride(packer.payload, packer.length)
            self._mount.stride(packer.record)
            self.strides += 1

    def flush_raw(self) -> None:
        """Hand on the raw samples that do not fill a message yet: those who take them are to end here."""
        if self._raw:
            self._raw.flush(self._publisher)
