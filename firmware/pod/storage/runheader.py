"""The header of a run: pod and wearer, sensor, settings, mount, and the time at which the run began."""

from pod import VERSION
from pod.ondemand import WITH_NAMES, unload
from pod.storage.messages import CHIPS, SIDES
from retrowire import codec, headbytes, schema

_MODEL = 3  # version of the gait engine's decisions: increase it when the engine may decide a stride differently
_NOT_KNOWN = codec.none("H")
_UPTIME = 18  # place of `uptime_s` among the values; ms, sample, clock state and wall time follow
_EPOCH = codec.place(schema.RUN_HEADER, "epoch_s")
_CONTINUES = codec.place(schema.RUN_HEADER, "continues")
_NONE = bytes(4)


class Texts:
    """Schema rows of this version's headers. The constructor builds them once and unloads the schema's names."""

    def __init__(self):
        from retrowire.runhead import rows_text

        self._rows = rows_text((schema.RUN_HEADER, schema.STRIDE, schema.EVENT, schema.RAW)).encode()
        raw = rows_text((schema.RAW,)).encode()
        self._begin = self._rows.find(raw)
        self._end = self._begin + len(raw)
        unload(*WITH_NAMES)

    def packed(self, values: list, raw: bool) -> bytes:
        """Return the whole header of a run with these values."""
        header = bytearray(headbytes.HEADER_MAX)
        rows = self._rows if raw else self._rows[: self._begin] + self._rows[self._end :]
        return bytes(header[: headbytes.write_into(values, rows, 0, 0, header)])

    def read(self, head: bytes) -> tuple:
        """Return (length, epoch_s, continues another run, holds raw samples) from a run's first bytes.

        Raises ValueError if they are damaged.
        """
        own = headbytes.own_fields(head, self._rows, self._begin, self._end)
        if own:
            length, at, raw = own
            epoch_s = int.from_bytes(head[at + _EPOCH : at + _EPOCH + 4], "little")
            continues = head[at + _CONTINUES : at + _CONTINUES + 4] != _NONE
            return length, epoch_s, continues, raw
        return _read_other(head)


def _read_other(head: bytes) -> tuple:
    """Read a header that another version has written."""
    from retrowire.runhead import read_header

    header = read_header(head)
    unload(*WITH_NAMES)
    values = header["values"]
    return header["length"], values["epoch_s"], values["continues"] != 0, schema.RAW in header["messages"]


def values(run: int, continues: int, board, settings, clock, samples, mount) -> list:
    """Return the values of the `run_header` message, in the schema's order."""
    sensor = samples.sensor
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
        CHIPS[samples.chip],
        samples.clock.rate_mhz if samples.clock else none,
        sensor.acc_lsb_ug if sensor else none,
        sensor.gyr_lsb_udps if sensor else none,
        mount.state,
        mount.packed(),
        settings.get("length_factor"),
        clock.boot,
        clock.uptime_s,
        clock.uptime_ms,
        samples.index,
        clock.state,
        none if s is None else s,
        _NOT_KNOWN if s is None else ms,
        clock.slept_s,
    ]


def begin_with(values: list, stride) -> None:
    """Set the begin of the run to the opening of its first stride, a `stride` message of the past."""
    _, sample, s, ms = codec.unpack(schema.STRIDE, stride, 0, codec.size(schema.STRIDE))[:4]
    at = _UPTIME
    ago_ms = (values[at] - s) * 1000 + values[at + 1] - ms
    values[at], values[at + 1], values[at + 2] = s, ms, sample
    epoch_s, epoch_ms = values[at + 4], values[at + 5]
    if epoch_ms != _NOT_KNOWN:
        values[at + 4] = epoch_s + (epoch_ms - ago_ms) // 1000
        values[at + 5] = (epoch_ms - ago_ms) % 1000
