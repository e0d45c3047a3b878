"""State of the sample stream. The parts of the sampler write it, the other objects of the app read it."""


class Samples:
    """Sensor, time base and counters since the boot. `index`: of the next sample.

    `sensor` (a driver) and `clock` (a SampleClock) are None while no sensor has answered. `errors` counts failed
    transfers and bad axes. `suspect`: an axis is stuck or saturated, so that no stride is decided.
    """

    def __init__(self):
        self.sensor = None
        self.clock = None
        self.chip = "none"
        self.index = 0
        self.taken = 0
        self.lost = 0
        self.strides = 0
        self.overruns = 0
        self.errors = 0
        self.temperature_cc = None
        self.suspect = False

    def all_errors(self) -> int:
        """Return the number of errors and of rejected FIFO words."""
        return self.errors + (self.sensor.rejected() if self.sensor else 0)
