"""Packs strides and events as messages of the wire. Allocates nothing per stride or sample."""

from array import array

from pod.gait import stride as S
from retrowire import codec, schema

try:
    from pod.storage._kernel_copy import copy
except (ImportError, SyntaxError):  # CPython; a MicroPython without the viper emitter

    def copy(out, to: int, data, at: int, length: int) -> None:
        """Copy `data[at:at + length]` to `out[to:to + length]`."""
        for i in range(length):  # a slice would allocate
            out[to + i] = data[at + i]


_H = codec.none("H")
_h = codec.none("h")

# Schema numbers of directions and strikes, by the engine's numbers.
_DIRECTIONS = [0] * 5
_DIRECTIONS[S.UNKNOWN] = codec.value("direction", "unknown")
_DIRECTIONS[S.FORWARD] = codec.value("direction", "forward")
_DIRECTIONS[S.BACKWARD] = codec.value("direction", "backward")
_DIRECTIONS[S.LATERAL_LEFT] = codec.value("direction", "lateral_left")
_DIRECTIONS[S.LATERAL_RIGHT] = codec.value("direction", "lateral_right")
_STRIKES = [codec.value("strike", "unknown")] * 3
_STRIKES[S.HEEL] = codec.value("strike", "heel")
_STRIKES[S.NOT_HEEL] = codec.value("strike", "not_heel")


# Schema numbers of the names that settings and drivers use, so that a request does not load the schema's names.
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


class StridePacker:
    """Packs one stride: the engine fills `record`, `pack` makes the message `payload[:length]`."""

    def __init__(self, length_factor: int):
        """`length_factor`: calibration of the wearer, per mille. The caller may change `factor` between strides."""
        self.record = array("i", [0] * S.LENGTH)
        self.factor = length_factor
        self.length = codec.size(schema.STRIDE)
        self.payload = bytearray(self.length)
        self._values = [0] * codec.count(schema.STRIDE)

    def pack(self, sample_clock) -> None:
        """Pack `record` into `payload`. Times count from the opening mid-stance, given as sample index and uptime."""
        r = self.record
        v = self._values
        opened = r[S.OPEN]
        s = sample_clock.anchor_s()
        ms = sample_clock.uptime_ms_from(opened, s)
        v[0] = r[S.NUMBER]
        v[1] = opened
        v[2] = max(0, s + ms // 1000)
        v[3] = ms % 1000
        v[4] = sample_clock.tenth_ms(r[S.CLOSE] - opened)
        v[5] = _since(sample_clock, opened, r[S.TOE_OFF])
        v[6] = _since(sample_clock, opened, r[S.CONTACT])
        v[7] = _since(sample_clock, r[S.PREV_CONTACT], r[S.TOE_OFF])
        v[8] = _DIRECTIONS[r[S.DIRECTION]]
        v[9] = r[S.CONFIDENCE]
        v[10] = self._length(r[S.LENGTH_MM])
        v[11] = self._length(r[S.LATERAL_MM])
        v[12] = self._length(r[S.RISE_MM])
        v[13] = _known(r[S.YAW_CDEG], 10, _h)
        v[14] = _known(r[S.PITCH_CDEG], 10, _h)
        v[15] = _known(r[S.PEAK_MG], 10, _H)
        v[16] = _known(r[S.LOADING_GPS], 1, _H)
        v[17] = _STRIKES[r[S.STRIKE]]
        v[18] = _known(r[S.STRIKE_CONF], 1, _H)
        v[19] = r[S.FLAGS]
        codec.pack_into(schema.STRIDE, v, self.payload, 0)

    def _length(self, mm: int) -> int:
        return _h if mm == S.NONE else (mm * self.factor + 500) // 1000


def _since(sample_clock, start: int, index: int) -> int:
    """Return the time between two samples in 0.1 ms, unknown if one of them is unknown."""
    if start < 0 or index < 0 or index < start:
        return _H
    return sample_clock.tenth_ms(index - start)


def _known(value: int, divisor: int, none: int) -> int:
    """Convert a measured value to the message's unit, rounded half up."""
    if value == S.NONE:
        return none
    return (value + divisor // 2) // divisor


class EventPacker:
    """Packs one event into `payload`."""

    def __init__(self, clock):
        self.length = codec.size(schema.EVENT)
        self.payload = bytearray(self.length)
        self._clock = clock
        self._values = [0] * codec.count(schema.EVENT)

    def pack(self, kind: int, sample: int, a: int, b: int) -> None:
        """Pack an event of now. `kind`: a number of the schema's `event` enum."""
        self.pack_at(self._clock.uptime_s, self._clock.uptime_ms, kind, sample, a, b)

    def pack_at(self, s: int, ms: int, kind: int, sample: int, a: int, b: int) -> None:
        """Pack an event of another uptime."""
        v = self._values
        v[0] = kind
        v[1] = s
        v[2] = ms
        v[3] = sample
        v[4] = a
        v[5] = b
        codec.pack_into(schema.EVENT, v, self.payload, 0)
