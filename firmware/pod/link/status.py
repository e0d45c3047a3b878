"""The `status` message: state, clock, storage and every counter that tells whether something was lost."""

from retrowire import codec

_MOST_H = 0xFFFE
_NONE_H = codec.none("H")
_NONE_I = codec.none("I")
_NONE_h = codec.none("h")


def values(request: int, parts, link) -> list:
    """What goes into the message, in the schema's order."""
    clock, sampler, recorder, faults = parts.clock, parts.sampler, parts.recorder, parts.faults
    clock.update()
    epoch_s, epoch_ms = clock.epoch()
    free, total = recorder.storage()
    mv, percent = parts.supervisor.battery()
    return [
        request,
        parts.supervisor.state(),
        parts.mount.state,
        clock.state,
        clock.uptime_s,
        clock.uptime_ms,
        _NONE_I if epoch_s is None else epoch_s,
        _NONE_H if epoch_s is None else epoch_ms,
        mv,
        percent,
        free // 1024,
        total // 1024,
        min(_MOST_H, recorder.minutes_left()),
        recorder.run,
        parts.runs.count,
        recorder.durable,
        sampler.strides,
        sampler.samples,
        sampler.lost,
        min(_MOST_H, sampler.overruns),
        min(_MOST_H, sampler.all_errors()),
        sampler.clock.rate_mhz if sampler.clock else _NONE_I,
        min(_MOST_H, link.dropped),
        min(_MOST_H, link.damaged),
        min(_MOST_H, codec.clamped[0]),
        len(faults.rows()),
        parts.board.heap_free() // 1024,
        _NONE_h if sampler.temperature_cc is None else sampler.temperature_cc,
        recorder.started_by if recorder.run else 0,
    ]
