"""A recording through the engine of the pod, as the contents of a run file.

The run gets a pod id that no pod has. It contains a digest of the samples, so the same recording gets the same id.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from retropod import __version__, sources
from retropod.client import wire
from retropod.errors import OperationFailed, UsageError
from retropod.export.extras import need
from retropod.export.runwriter import fitting, host_id, run_file, width
from retropod.recording import Recording
from retropod.score import engine_runner
from retropod.score.engine_runner import ChipScale, EngineJob, EngineSamples

_FASTEST_HZ = 875.0  # 5 % above the fastest rate of a pod
_RATE_HZ = 416.0  # for recordings with a higher rate
_BLOCK = 16  # samples
_START_ERROR_S = 60.0  # of a start that a user states
# Largest values that the fields of a stride hold.
_MOST_S, _MOST_M, _MOST_DEG, _MOST_G, _MOST_G_PER_S = 6.5, 32.0, 3200.0, 650.0, 65_000
_STRIKES = ("unknown", "heel", "not_heel")  # by the numbers of the engine
_DIRECTIONS = ("unknown", "forward", "backward", "lateral_left", "lateral_right")


class RecordingFacts(NamedTuple):
    """Facts about a recording that its file lacks: name, wearer, and start in s since 1970 (None: unknown)."""

    name: str
    wearer: str = ""
    start_s: float | None = None


class EngineRun(NamedTuple):
    """The contents of the run file of a recording, its pod id, and the number of its strides."""

    content: bytes
    pod_id: str
    strides: int


def through_engine(held: Recording, about: RecordingFacts) -> EngineRun:
    """Return the run of a recording.

    Raises OperationFailed if the engine finds no stride, and UsageError if the header cannot hold the wearer.
    """
    _check_wearer(about.wearer)
    chip = ChipScale()
    samples, gaps = _samples(held, about.name, chip)
    try:
        (found,) = engine_runner.run([EngineJob(samples, chip, _BLOCK, gaps=gaps)], sources.firmware_dir())
    except RuntimeError as error:
        raise OperationFailed(f"the engine failed on {about.name}: {_last_line(error)}", "report this bug") from error
    if not found:
        raise OperationFailed(
            f"the engine finds no stride in {about.name}", "check units and axes; see `retropod import --help`"
        )
    rate_hz = samples.rate_hz
    device = host_id(_digest(samples))
    strides = [wire.encode("stride", **stride_values(one["slots"], rate_hz)) for one in found]
    end_s = (len(samples.counts) + sum(lost for _, lost in gaps)) / rate_hz
    content = run_file(_header(about, samples, chip, device), strides, _events(about.start_s, end_s, len(found)))
    return EngineRun(content, device.hex(), len(found))


def _check_wearer(name: str) -> None:
    size, most = len(name.encode("utf-8", "replace")), width("wearer")
    if size > most:
        raise UsageError(f"the wearer {name} has {size} bytes, the limit is {most}", "shorten the name")


def recording_id(held: Recording, name: str) -> str:
    """Return the pod id of a recording in hexadecimal: equal for equal samples. `name`: for errors."""
    return host_id(_digest(_samples(held, name, ChipScale())[0])).hex()


def _samples(held: Recording, name: str, chip: ChipScale) -> tuple[EngineSamples, list[tuple[int, int]]]:
    """Return the counts without the placeholders of gaps, and (at, lost) of each gap, at the end of a block."""
    if held.rate_hz > _FASTEST_HZ:
        need("scipy", "score", f"{name} with {held.rate_hz:.0f} Hz")
    rate_hz = held.rate_hz if held.rate_hz <= _FASTEST_HZ else _RATE_HZ
    samples = engine_runner.counts_of(held, name, rate_hz, chip, held.gyr is not None)
    present = np.ones(len(samples.counts), bool)
    gaps: list[tuple[int, int]] = []
    for first, end in np.rint(held.gaps * (samples.rate_hz / held.rate_hz)).astype(int):
        at = int(np.count_nonzero(present[:first]))
        cut = at % _BLOCK  # The engine takes note of a gap between two blocks.
        present[first - cut : end] = False
        gaps.append((at - cut, int(end - first + cut)))
    return EngineSamples(name, samples.rate_hz, np.ascontiguousarray(samples.counts[present])), gaps


def _digest(samples: EngineSamples) -> bytes:
    return hashlib.sha256(f"{samples.rate_hz:.6f}".encode() + samples.counts.tobytes()).digest()[:7]


def _last_line(error: RuntimeError) -> str:
    return (str(error).strip().splitlines() or ["no message"])[-1]


def _header(about: RecordingFacts, samples: EngineSamples, chip: ChipScale, device: bytes) -> dict[str, Any]:
    major, minor, patch = (int(part) for part in __version__.split(".")[:3])
    gyroscope = samples.counts.shape[1] == 6
    start = {} if about.start_s is None else {"clock_state": "synced", **_seconds("epoch", about.start_s)}
    return {
        "run": 1,
        "device_id": device,
        "name": fitting("name", about.name),
        "wearer": about.wearer,
        "firmware_major": major,
        "firmware_minor": minor,
        "firmware_patch": patch,
        "rate_mhz": samples.rate_hz,
        "acc_lsb_ug": chip.acc_lsb_ug * 1e-6,
        "gyr_lsb_udps": chip.gyr_lsb_udps * 1e-6 if gyroscope else 0.0,
        "mount": "given",
        "matrix": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
        "length_factor": 1.0,
        "boot_count": 1,
        **_seconds("uptime", 0.0),
        **start,
    }


def _events(start_s: float | None, end_s: float, strides: int) -> list[dict[str, Any]]:
    stopped = {"kind": "stopped", "a": strides, "b": 0, **_seconds("uptime", end_s)}
    if start_s is None:
        return [stopped]
    error = round(1000 * _START_ERROR_S) * 1000 + round(start_s % 1 * 1000) % 1000
    return [{"kind": "clock_sync", "a": int(start_s) - (1 << 31), "b": error, **_seconds("uptime", 0.0)}, stopped]


def _seconds(stem: str, seconds: float) -> dict[str, float]:
    """Return the two fields of a time."""
    ms = round(1000 * seconds)
    return {f"{stem}_s": ms // 1000, f"{stem}_ms": ms % 1000 / 1000}


def stride_values(slots: Mapping[str, int], rate_hz: float) -> dict[str, Any]:
    """Return the values of a `stride` message from the slots of the engine, as the pod packs them."""
    opened = slots["open"]
    return {
        "number": slots["number"],
        "sample": opened,
        **_seconds("uptime", opened / rate_hz),
        "period": _between(slots, "open", "close", rate_hz),
        "toe_off": _between(slots, "open", "toe_off", rate_hz),
        "contact": _between(slots, "open", "contact", rate_hz),
        "contact_time": _between(slots, "prev_contact", "toe_off", rate_hz),
        "direction": _DIRECTIONS[slots["direction"]],
        "confidence": slots["confidence"] / 1000,
        "length": _known(slots["length_mm"] / 1000, _MOST_M),
        "lateral": _known(slots["lateral_mm"] / 1000, _MOST_M),
        "rise": _known(slots["rise_mm"] / 1000, _MOST_M),
        "yaw": _known(slots["yaw_cdeg"] / 100, _MOST_DEG),
        "pitch": _known(slots["pitch_cdeg"] / 100, _MOST_DEG),
        "peak": _known(slots["peak_mg"] / 1000, _MOST_G),
        "loading": _known(slots["loading_gps"], _MOST_G_PER_S),
        "strike": _STRIKES[slots["strike"]],
        "strike_confidence": _known(slots["strike_conf"] / 1000, 1.0),
        "flags": slots["flags"],
    }


def _between(slots: Mapping[str, int], start: str, end: str, rate_hz: float) -> float | None:
    """Return the time between two samples, in s. None if one of them is unknown."""
    first, last = slots[start], slots[end]
    return None if first < 0 or last < first else _known((last - first) / rate_hz, _MOST_S)


def _known(value: float, most: float) -> float | None:
    """Return a value that its field can hold. The engine states an unknown value as a large negative number."""
    return value if abs(value) <= most else None
