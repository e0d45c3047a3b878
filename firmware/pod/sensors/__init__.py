"""Motion sensors behind one interface: find the chip, configure it, drain its FIFO into a caller's hands.

A driver has `chip` (name in the schema's enum), `rate_mhz`, `acc_lsb_ug`, `gyr_lsb_udps`, `axes`, `samples` (bytearray
of int16, interleaved ax ay az gx gy gz), `overrun`, and the methods of `lsm6ds.Lsm6ds`.
"""


class SensorError(Exception):
    """The sensor is not there or not as it should be; `code` is a name of the schema's `fault` enum."""

    def __init__(self, code: str, text: str):
        super().__init__(text)
        self.code = code


def probe(bus, settings, part: str, sleep_ms):
    """A configured and running driver for the chip on the bus. SensorError or OSError when there is none.

    `part`: name in the schema's chip enum, or "auto" to find out.
    """
    from pod.sensors import lsm6ds

    chosen = settings.get("address")
    for address in (chosen,) if chosen else lsm6ds.ADDRESSES:
        if lsm6ds.answers(bus, address):
            driver = lsm6ds.Lsm6ds(bus, address, settings.get("rate_hz"), part, sleep_ms)
            driver.start()
            return driver
    raise SensorError("sensor_missing", "no sensor at %s" % (chosen or "0x6A or 0x6B"))
