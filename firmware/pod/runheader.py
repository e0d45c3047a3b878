"""What a run says about itself: who wore what, set how, and when it began."""

from pod import VERSION
from retrowire import codec, rows, schema
from retrowire.runhead import HEADER_MAX, header_into

_MODEL = 3  # version of the gait engine's decisions: raised when a stride may be called otherwise than before
_NOT_KNOWN = codec.none("H")
_UPTIME = 18  # place of `uptime_s` among the values; ms, sample, clock state and time of day follow


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
        rows.value("side", settings.get("side")),
        VERSION[0],
        VERSION[1],
        VERSION[2],
        _MODEL,
        rows.value("chip", sampler.chip),
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


def packed(values: list, raw: bool) -> bytes:
    """The whole header of a run with these values. `raw`: it will hold raw samples."""
    messages = (schema.STRIDE, schema.EVENT) + ((schema.RAW,) if raw else ())
    header = bytearray(HEADER_MAX)
    return bytes(header[: header_into(values, messages, 0, 0, header)])
