"""What a run says about itself: who wore what, set how, and when it began."""

from pod import VERSION
from retrowire import codec

_MODEL = 1  # version of the gait engine's decisions
_NOT_KNOWN = codec.none("H")


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
        codec.value("side", settings.get("side")),
        VERSION[0],
        VERSION[1],
        VERSION[2],
        _MODEL,
        codec.value("chip", sampler.chip),
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
    ]
