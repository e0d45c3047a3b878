"""Motion sensors that have no driver, to name the part that a user has soldered. Loaded if no supported chip answers.

Identities by the data sheets of the manufacturers: TDK InvenSense, Bosch, ST, QST, NXP, Kionix, Analog Devices.
"""

# Identity register, addresses: identity, name, and after ">" the part of the schema whose driver may fit.
_ROWS = (
    (0x75, (0x68, 0x69), "98 MPU-6050 clone or ICM-20689>mpu6050,72 MPU-6050 clone>mpu6050,73 MPU-9255>mpu9250,"
        "74 MPU-6515>mpu6500,75 MPU-6500 clone>mpu6500,11 ICM-20600,12 ICM-20602,19 MPU-6886,AC ICM-20609,"
        "AF ICM-20608,B6 ICM-20648,3B ICM-40609,42 ICM-42605,47 ICM-42688,60 ICM-42607,67 ICM-42670,6F IIM-42652"),
    (0x72, (0x68, 0x69), "E9 ICM-45686,E5 ICM-45605"),
    (0x00, (0x68, 0x69), "D1 BMI160,D8 BMX160,24 BMI270,43 BMI323,EA ICM-20948,E1 ICM-20649"),
    (0x0F, (0x6A, 0x6B), "6B LSM6DSR or ISM330DHCX>lsm6dso,69 LSM6DS3,6A LSM6DSL or LSM6DS3TR-C,70 LSM6DSV,"
        "71 LSM6DSV16B,73 LSM6DSV80X or LSM6DSV320X,22 LSM6DSO16IS,68 LSM9DS1,49 LSM9DS0"),
    (0x00, (0x6A, 0x6B), "05 QMI8658"),
    (0x00, (0x1D, 0x53), "AD ADXL372 or ADXL362"),
    (0x0D, (0x1C, 0x1D), "1A MMA8451,2A MMA8452,3A MMA8453,4A MMA8652,5A MMA8653"),
    (0x0F, (0x18, 0x19), "33 LIS3DH or LIS2DH12,32 LIS331,3F LIS3DSH,44 LIS2DW12,11 SC7A20"),
    (0x00, (0x18, 0x19), "13 BMA423,1E BMI088"),
    (0x0F, (0x0E, 0x0F), "35 KXTJ3,09 KXTJ2"),
    (0x00, (0x14, 0x15), "90 BMA400"),
    (0x00, (0x28, 0x29), "A0 BNO055"),
)  # fmt: skip
_FIRST, _LAST = 0x08, 0x77  # the other addresses are reserved by the I2C specification


def explain(identity, bus, part: str, tried: list, strange: list) -> tuple:
    """Return (fault, text) of a search that found no sensor.

    `identity(bus, address, register)`: as in find.py. `tried`: addresses; `strange`: (address, identity, whether a dead
    chip or a stuck line reads so) of the chips without a driver.
    """
    for register, addresses, names in _ROWS:
        for address in addresses:
            name, sibling = _named(names, identity(bus, address, register))
            if sibling:
                return "sensor_sibling", "%s at 0x%02X: set chip to %s to try it" % (name, address, sibling)
            if name:
                other = "" if part == "auto" else ", it is not a %s either" % part
                return "sensor_unsupported", "%s at 0x%02X: not supported%s" % (name, address, other)
    if strange:
        address, value, empty = strange[0]
        cause = "unknown sensor or counterfeit chip. If a part fits, set chip to it"
        if empty:
            cause = "dead sensor, stuck line or other kind of chip"
        return "sensor_unsupported", "0x%02X answers as 0x%02x: %s" % (address, value, cause)
    text = "no sensor at %s" % _hex(tried)
    others = [address for address in range(_FIRST, _LAST + 1) if identity(bus, address, 0) is not None]
    if others:
        return "sensor_missing", "%s; other chips at %s. Check the address pin or set address" % (
            text,
            _hex(others[:4]),
        )
    return "sensor_missing", text + ". Check SDA, SCL, 3V3, GND, pull-ups, address pin"


def known(address: int, value: int, register: int) -> bool:
    """Return True if this identity is that of a part to which no driver fits, even if a setting names a driver."""
    for row, addresses, names in _ROWS:
        if row == register and address in addresses:
            name, sibling = _named(names, value)
            return bool(name) and not sibling
    return False


def _named(names: str, value) -> tuple:
    """Return (name, sibling) of an identity, two empty texts if it is not in `names`."""
    for row in names.split(",") if value is not None else ():
        if row[:3] == "%02X " % value:
            name, _, sibling = row[3:].partition(">")
            return name, sibling
    return "", ""


def _hex(addresses: list) -> str:
    return " ".join(["0x%02X" % address for address in sorted(set(addresses))])
