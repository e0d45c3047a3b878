"""Health of the sensor: stuck or saturated axes, sample rate, error counts.

Only one sample per drain is checked. No real axis gives the same count in several of these while two others change a
lot, and none stays at full scale for 0.2 s: the impact of a landing is shorter. A stuck axis of a resting foot is
detected at its next step.
"""

from pod.sampling import _kernel_axes as kernel
from pod.sampling.drain import RETIME_PERMILLE, differ
from retrowire import codec

_AXES = ("ax", "ay", "az", "gx", "gy", "gz")
_FAULT_RATE = codec.value("fault", "sensor_rate")
_FAULT_AXIS = codec.value("fault", "sensor_axis")
_EVENT_SENSOR = codec.value("event", "sensor")
_BUS_ERRORS, _AXIS_BAD, _AXIS_GOOD = 3, 4, 5  # `a` of the sensor event; connection.py has the others


class Health:
    """Checks the sensor. `axes`: state of _kernel_axes.py, which sensorstart.py sets."""

    def __init__(self, samples, faults, publisher, pipeline):
        self._samples = samples
        self._faults = faults
        self._publisher = publisher
        self._pipeline = pipeline
        self.axes = bytearray()
        self._reported = 0  # errors

    def check_axes(self, place: int) -> None:
        """Check the axes at sample `place` of the driver's buffer. At most one axis changes its state per call."""
        axes = self.axes
        samples = self._samples
        sensor = samples.sensor
        kernel.check(sensor.samples, place * 2 * sensor.axes, axes, sensor.axes)
        samples.suspect = axes[kernel.SUSPECT] != 0
        if samples.suspect:
            self._pipeline.engine.gap(0)
        axis = axes[kernel.CHANGED] - 1
        if axis >= 0:
            self._report_axis(axis, axes[kernel.HEAD + axis * kernel.ROW + kernel.STATE])

    def check_rate(self) -> None:
        """Read the temperature. Build a new engine if the measured rate differs from the rate of the engine."""
        samples = self._samples
        samples.temperature_cc = samples.sensor.temperature_cc()
        clock = samples.clock
        if clock.calibrated and differ(clock.rate_mhz, self._pipeline.rate_mhz, RETIME_PERMILLE):
            self._faults.add(_FAULT_RATE, "the measured rate is not the stated rate")
            self._pipeline.build(samples.sensor, clock.rate_mhz)

    def report_errors(self) -> None:
        """Publish the number of errors if it has changed."""
        errors = self._samples.all_errors()
        if errors != self._reported:
            self._publisher.event(_EVENT_SENSOR, _BUS_ERRORS, errors)
            self._reported = errors

    def _report_axis(self, axis: int, state: int) -> None:
        if state == kernel.GOOD:
            self._publisher.event(_EVENT_SENSOR, _AXIS_GOOD, axis)
            return
        self._samples.errors += 1
        self._reported += 1
        fault = "stuck" if state == kernel.STUCK else "at full scale"
        self._faults.add(_FAULT_AXIS, "%s is %s" % (_AXES[axis], fault))
        self._publisher.event(_EVENT_SENSOR, _AXIS_BAD, axis)
