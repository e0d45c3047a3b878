"""Motion sensors with one interface: find the chip, configure it, drain its FIFO into a buffer.

A driver has `chip` (name in the schema's enum), `rate_mhz`, `acc_lsb_ug`, `gyr_lsb_udps`, `axes`, `samples` (bytearray
of int16, interleaved ax ay az gx gy gz), `fifo_samples`, `overrun`, `slots` (`lost` is modulo this) and the methods
start, empty, configured, level, waiting, read, unpack, lost, rejected, temperature_cc, self_test, sleep, wake_on_motion
and moved.
"""

import sys


class SensorError(Exception):
    """The sensor is missing or does not work correctly. `code` is a name of the schema's `fault` enum."""

    def __init__(self, code: str, text: str):
        super().__init__(text)
        self.code = code


def probe(bus, settings, part: str, sleep_ms, ticks_us=None, ticks_diff=None, carried=None, explain: bool = True):
    """Return a configured and running driver for the chip on the bus. Raises SensorError or OSError without a chip.

    `part`: name in the schema's chip enum, or "auto" to detect it. `ticks_us`, `ticks_diff`: clock to measure its rate.
    `carried(driver)` returns the rate that the bus carries and the reason for it; None: the rate of the setting.
    `explain`: as in `find`.
    """
    module, name, address = load_temporarily("find").find(
        bus, settings.get("address"), part, explain, settings.get("chip") != "auto"
    )
    package = __import__("pod.sensors." + module)
    driver = getattr(getattr(package.sensors, module), name)
    rate_hz, doubt = carried(module) if carried else (settings.get("rate_hz"), "")
    sensor = driver(bus, address, rate_hz, part, sleep_ms, ticks_us, ticks_diff)
    sensor.start()
    if doubt:
        sensor.doubt = doubt
        sensor.reason = "rate_too_high"
    _forget(package.sensors, "chip")
    return sensor


def load_temporarily(name: str):
    """Return the module `pod.sensors.NAME`. It is unloaded as soon as the caller drops its reference."""
    package = __import__("pod.sensors." + name).sensors
    module = getattr(package, name)
    _forget(package, name)
    return module


def _forget(package, name: str) -> None:
    """Unload a module that is used only to find and set up a sensor."""
    if sys.modules.pop("pod.sensors." + name, None):
        delattr(package, name)
