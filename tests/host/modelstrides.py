"""Strides that the engine of the pod finds in recordings of the gait model, without a virtual pod."""

from typing import Any

from retropod import sources
from retropod.client.messages import StrideMessage
from retropod.insight.stride import Stride
from retropod.recording import Recording
from retropod.score.engine_runner import NONE, ChipScale, EngineJob, counts_of, run
from retropod.virtual.gaitmodel import ModelRecording
from retrowire import codec

_HZ = 416.0
_STRIKES = {value: name for name, value in codec.enum("strike")}


def engine_strides(model: ModelRecording, gyroscope: bool = True) -> list[Stride]:
    """Return the strides of a model recording, sampled at 416 Hz. The uptime is the time in the recording."""
    held = Recording(model.acc, model.gyr, 1.0, 1.0, model.fs)
    (found,) = run([EngineJob(counts_of(held, model.name, _HZ, ChipScale(), gyroscope))], sources.firmware_dir())
    return [Stride.of(_message(one)) for one in found]


def _message(found: dict[str, Any]) -> StrideMessage:
    slots, open_s = found["slots"], found["open_s"]
    side = f"_{found['side']}" if "side" in found else ""
    return StrideMessage(
        number=slots["number"], sample=slots["open"], uptime_s=int(open_s), uptime_ms=open_s % 1,
        period=found["close_s"] - open_s, toe_off=found["toe_off_s"] - open_s, contact=found["contact_s"] - open_s,
        contact_time=found.get("contact_time_s"), direction=found["direction"] + side, confidence=found["confidence"],
        length=_known(slots["length_mm"], 1000), lateral=_known(slots["lateral_mm"], 1000),
        peak=_known(slots["peak_mg"], 1000), loading=_known(slots["loading_gps"], 1),
        strike=_STRIKES.get(slots["strike"], slots["strike"]),
        flags=tuple(name for name, value in codec.flags("stride") if slots["flags"] & value),
    )  # fmt: skip


def _known(value: int, divisor: int) -> float | None:
    return None if value == NONE else value / divisor
