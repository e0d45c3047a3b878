"""Search of the sensor on the bus: request the identity of each known chip at its addresses."""

import errno

from pod.sensors import SensorError

# module, class, parts in the schema's enum, addresses, identity register, identities
_FAMILIES = (
    ("lsm6ds", "Lsm6ds", ("lsm6dso32", "lsm6dso", "lsm6dsox"), (0x6A, 0x6B), 0x0F, (0x6C,)),
    ("mpu6050", "Mpu6050", ("mpu6050", "mpu6500", "mpu9250"), (0x68, 0x69), 0x75, (0x68, 0x70, 0x71)),
    ("adxl345", "Adxl345", ("adxl345",), (0x53, 0x1D), 0x00, (0xE5,)),
)
_HANGS = 2  # each may block the pod for a quarter of a second


def find(bus, chosen: int, part: str) -> tuple:
    """Return (module, class, address) of the only sensor. `chosen`: its address, or 0; `part`: its name, or "auto".

    Raises SensorError, with the wiring or setting to check, if there is no sensor or more than one.
    """
    found = []
    strange = []
    tried = []
    hangs = []
    for module, name, parts, usual, register, identities in _FAMILIES:
        if part != "auto" and part not in parts:
            continue
        for address in (chosen,) if chosen else usual:
            try:
                identity = _identity(bus, address, register)
            except SensorError as error:
                hangs.append(error)
                if found or len(hangs) < _HANGS:
                    continue  # The sensor may be at another address.
                raise
            tried.append("0x%02X" % address)
            if identity in identities:
                found.append((module, name, address))
            elif identity is not None:
                strange.append("0x%02X answers as 0x%02x" % (address, identity))
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(["%s at 0x%02X" % (module, address) for module, _, address in found])
        raise SensorError("sensor_ambiguous", "several sensors: %s. Set address or chip" % names)
    if hangs:
        raise hangs[0]
    if strange:
        raise SensorError("sensor_missing", "%s: unknown sensor or counterfeit chip" % strange[0])
    raise SensorError(
        "sensor_missing",
        "no answer at %s. Check SDA, SCL, 3V3, GND, pull-ups, address pin" % " ".join(sorted(set(tried))),
    )


def _identity(bus, address: int, register: int):
    """Return the value of the register, or None without an answer. Raises SensorError if the bus is stuck."""
    one = bytearray(1)
    try:
        bus.readfrom_mem_into(address, register, one)
    except OSError as error:
        if error.args and error.args[0] == errno.ETIMEDOUT:
            raise SensorError("bus_stuck", "the bus is held: SDA or SCL shorted, or a chip hangs")
        return None
    return one[0]
