"""Search of the sensor on the bus: request the identity of each supported chip at its addresses."""

import errno

from pod.sensors import SensorError, load_temporarily

# module, class, parts in the schema's enum, addresses, identity register, identities
_FAMILIES = (
    ("lsm6ds", "Lsm6ds", ("lsm6dso32", "lsm6dso", "lsm6dsox"), (0x6A, 0x6B), 0x0F, (0x6C,)),
    ("mpu6050", "Mpu6050", ("mpu6050", "mpu6500", "mpu9250"), (0x68, 0x69), 0x75, (0x68, 0x70, 0x71)),
    ("adxl345", "Adxl345", ("adxl345",), (0x53, 0x1D), 0x00, (0xE5,)),
)
_HANGS = 2  # each may block the pod for a quarter of a second
_EMPTY = (0x00, 0xFF)  # identity of a dead chip, or of a data line that is stuck


def find(bus, chosen: int, part: str, explain: bool = True, force: bool = True) -> tuple:
    """Return (module, class, address) of the only sensor. `chosen`: its address, or 0; `part`: its name, or "auto".

    `force`: without a chip of the identity, accept one of an unknown identity as the `part`: clones and siblings of a
    part have other identities. The driver reads its configuration back, and reports the identity in `doubt`.
    Raises SensorError, with the wiring or setting to check, if there is no sensor or more than one. `explain`: name the
    part that answers instead, which takes a tenth of a second; otherwise the error has no code.
    """
    found = []
    strange = []
    tried = []
    hangs = []
    candidates = []
    for module, name, parts, usual, register, identities in _FAMILIES:
        if part != "auto" and part not in parts:
            continue
        for address in (chosen,) if chosen else usual:
            try:
                value = identity(bus, address, register)
            except SensorError as error:
                hangs.append(error)
                if found or len(hangs) < _HANGS:
                    continue  # The sensor may be at another address.
                raise
            tried.append(address)
            if value in identities:
                found.append((module, name, address))
            elif value is not None:
                strange.append((address, value, value in _EMPTY))
                candidates.append((module, name, address, value, register))
    if force and part != "auto" and not found:
        found = [row[:3] for row in candidates if _forcible(*row[2:])]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(["%s at 0x%02X" % (module, address) for module, _, address in found])
        raise SensorError("sensor_ambiguous", "several sensors: %s. Set address or chip" % names)
    if hangs:
        raise hangs[0]
    if not explain:
        raise SensorError("", "")
    raise SensorError(*load_temporarily("unknown").explain(identity, bus, part, tried, strange))


def identity(bus, address: int, register: int):
    """Return the value of the register, or None without an answer. Raises SensorError if the bus is stuck."""
    one = bytearray(1)
    try:
        bus.readfrom_mem_into(address, register, one)
    except OSError as error:
        if error.args and error.args[0] == errno.ETIMEDOUT:
            raise SensorError("bus_stuck", "the bus is held: SDA or SCL shorted, or a chip hangs")
        return None
    return one[0]


def _forcible(address: int, value: int, register: int) -> bool:
    """Return True for an unknown identity to try because a setting names the part."""
    return value not in _EMPTY and not load_temporarily("unknown").known(address, value, register)
