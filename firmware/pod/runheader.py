"""The header of a run: pod and wearer, sensor, settings, mount, and the time at which the run began."""

from pod import VERSION
from pod.names import CHIPS, SIDES
from pod.ondemand import WITH_NAMES, unload
from retrowire import codec, headbytes, schema

_MODEL = 3  # version of the gait engine's decisions: raised when a stride may be called otherwise than before
_NOT_KNOWN = codec.none("H")
_CONTINUES = 1  # places among the values
_UPTIME = 18  # of `uptime_s`; ms, sample, clock state and time of day follow
_EPOCH = 22


class Texts:
    """The rows text of this version's headers, made once: the schema's names are unloaded afterwards."""

    def __init__(self):
        from retrowire.runhead import rows_text

        self._with_raw = rows_text((schema.RUN_HEADER, schema.STRIDE, schema.EVENT, schema.RAW)).encode()
        line = rows_text((schema.RAW,)).encode()
        self._at = self._with_raw.find(line)
        self._behind = self._at + len(line)
        unload(*WITH_NAMES)

    def rows(self, raw: bool) -> bytes:
        """Of a run with or without raw samples."""
        return self._with_raw if raw else self._with_raw[: self._at] + self._with_raw[self._behind :]

    def packed(self, values: list, raw: bool) -> bytes:
        """Return the whole header of a run with these values."""
        header = bytearray(headbytes.HEADER_MAX)
        return bytes(header[: headbytes.write_into(values, self.rows(raw), 0, 0, header)])

    def read(self, head: bytes) -> tuple:
        """(length, epoch_s, whether it continues another run, whether it holds raw samples) of a run's first bytes.

        ValueError when they are damaged.
        """
        for raw in (False, True):
            found = headbytes.own_values(head, self.rows(raw))
            if found:
                return found[0], found[1][_EPOCH], found[1][_CONTINUES] != 0, raw
        return _read_other(head)


def _read_other(head: bytes) -> tuple:
    """A header that another version has written."""
    from retrowire.runhead import read_header

    header = read_header(head)
    unload(*WITH_NAMES)
    values = header["values"]
    return header["length"], values["epoch_s"], values["continues"] != 0, schema.RAW in header["messages"]


def values(run: int, continues: int, board, settings, clock, sampler, mount) -> list:
    """Values of the `run_header` message, in the schema's order."""
    sensor = sampler.sensor
    s, ms = clock.epoch()
    none = codec.none("I")
    return [
        run,
        continues,
        board.device_id(),
        settings.get("name").encode(),
        settings.get("wearer").encode(),
        SIDES[settings.get("side")],
        VERSION[0],
        VERSION[1],
        VERSION[2],
        _MODEL,
        CHIPS[sampler.chip],
        sampler.clock.rate_mhz if sampler.clock else none,
        sensor.acc_lsb_ug if sensor else none,
        sensor.gyr_lsb_udps if sensor else none,
        mount.state,
        mount.packed(),
        settings.get("length_factor"),
        clock.boot,
        clock.uptime_s,
        clock.uptime_ms,
        sampler.index,
        clock.state,
        none if s is None else s,
        _NOT_KNOWN if s is None else ms,
        clock.slept_s,
    ]


def begin_with(values: list, stride) -> None:
    """The run begins with a stride that is over by now, a `stride` message: at the instant of its opening."""
    _, sample, s, ms = codec.unpack(schema.STRIDE, stride, 0, codec.size(schema.STRIDE))[:4]
    at = _UPTIME
    ago_ms = (values[at] - s) * 1000 + values[at + 1] - ms
    values[at], values[at + 1], values[at + 2] = s, ms, sample
    epoch_s, epoch_ms = values[at + 4], values[at + 5]
    if epoch_ms != _NOT_KNOWN:
        values[at + 4] = epoch_s + (epoch_ms - ago_ms) // 1000
        values[at + 5] = (epoch_ms - ago_ms) % 1000
