"""Schema numbers of the names that settings and drivers use, so that a request does not load the schema's names."""

from retrowire import codec

CHIPS = {
    "none": codec.value("chip", "none"),
    "lsm6dso32": codec.value("chip", "lsm6dso32"),
    "lsm6dso": codec.value("chip", "lsm6dso"),
    "lsm6dsox": codec.value("chip", "lsm6dsox"),
    "mpu6050": codec.value("chip", "mpu6050"),
    "mpu6500": codec.value("chip", "mpu6500"),
    "mpu9250": codec.value("chip", "mpu9250"),
    "adxl345": codec.value("chip", "adxl345"),
}
SIDES = {
    "unknown": codec.value("side", "unknown"),
    "left": codec.value("side", "left"),
    "right": codec.value("side", "right"),
}
