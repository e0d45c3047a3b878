"""Named scenarios, from ten strides of one gait to a whole session."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence

from retropod.errors import UsageError

from .build import build
from .recording import ModelRecording
from .session import FIDGETS, KINDS, Stage

_REST = Stage("stand", duration_s=2.5)


def _session(*parts: Stage, rest: Stage = _REST) -> list[Stage]:
    """Return the parts with standing before, between and after them."""
    out = [rest]
    for part in parts:
        out += [part, rest]
    return out


def single(
    kind: str, duration_s: float = 30.0, strides: int | None = None, speed_mps: float | None = None,
    cadence_per_min: float | None = None, contact_s: float | None = None, contact_fraction: float | None = None,
    turn_deg: float | None = None,
) -> list[Stage]:  # fmt: skip
    """Return one gait between two rests. Cadence: strides of this foot per minute. `turn_deg`: per stride."""
    period = 60.0 / cadence_per_min if cadence_per_min else None
    if contact_fraction is not None:
        if period is None:
            raise UsageError("contact_fraction needs cadence_per_min", "give both, or give contact_s")
        contact_s = contact_fraction * period
    return _session(Stage(kind, duration_s, strides, speed_mps, period, contact_s, turn_deg))


def standing(duration_s: float = 30.0) -> list[Stage]:
    """Return one stage of standing."""
    return [Stage("stand", duration_s=duration_s)]


def sideways(strides: int = 12, speed_mps: float = 1.0) -> list[Stage]:
    """Return side-steps to the left, then to the right."""
    return _session(
        Stage("side-left", strides=strides, speed_mps=speed_mps),
        Stage("side-right", strides=strides, speed_mps=speed_mps),
    )


def turn(turns: int = 6, turn_deg: float = 70.0) -> list[Stage]:
    """Return turns on the spot, first to the left, then to the right."""
    return _session(Stage("turn", strides=turns, turn_deg=turn_deg), Stage("turn", strides=turns, turn_deg=-turn_deg))


def curve(duration_s: float = 40.0, turn_deg: float = 14.0, speed_mps: float = 1.2) -> list[Stage]:
    """Return walking around a bend to the left, then to the right."""
    half = 0.5 * duration_s
    return _session(
        Stage("walk", duration_s=half, speed_mps=speed_mps, turn_deg=turn_deg),
        Stage("walk", duration_s=half, speed_mps=speed_mps, turn_deg=-turn_deg),
    )


def stairs(strides: int = 6) -> list[Stage]:
    """Return stairs up, a turn, and stairs down."""
    return _session(
        Stage("stairs-up", strides=strides),
        Stage("turn", strides=2),
        Stage("stairs-down", strides=strides),
    )


def disturbances(jumps: int = 8) -> list[Stage]:
    """Return movements without strides: jumps on the spot, taps on the shoe, shuffling."""
    return _session(Stage("jump", strides=jumps), Stage("tap", duration_s=8.0), Stage("shuffle", duration_s=10.0))


def mixed(repeats: int = 2, speed_mps: float = 1.3) -> list[Stage]:
    """Return walking, backward walking and side-steps, mostly without a stop in between."""
    out = [Stage("stand", duration_s=3.0), Stage("walk", strides=10, speed_mps=speed_mps, to_rest=False)]
    for _ in range(repeats):
        out += [
            Stage("jog", strides=10, from_rest=False),
            Stage("backward-walk", strides=8),
            Stage("side-left", strides=6),
            Stage("backward-jog", strides=10),
            Stage("turn", strides=3, turn_deg=60.0),
            Stage("walk", strides=6, speed_mps=speed_mps, to_rest=False),
        ]
    return [
        *out,
        Stage("walk", strides=3, from_rest=False, speed_mps=speed_mps),
        Stage("stand", duration_s=3.0),
    ]


def hill_intervals(repeats: int = 4, strides: int = 18, speed_mps: float = 1.9, rest_s: float = 6.0) -> list[Stage]:
    """Return hill intervals with rests: backward uphill, facing down the slope, then forward downhill at a jog."""
    rest = Stage("stand", duration_s=rest_s)
    out = [rest, Stage("walk", strides=10), rest]
    for _ in range(repeats):
        out += [
            Stage("backward-run", strides=strides, speed_mps=speed_mps),
            rest,
            Stage("jog", strides=strides),
            rest,
        ]
    return out


def demo() -> list[Stage]:
    """Return about 90 s with all directions. They begin with the mount check: stand still, ten steps forward."""
    stand, pause = Stage("stand", duration_s=3.0), Stage("stand", duration_s=1.5)
    return [
        stand,
        Stage("walk", strides=10, speed_mps=1.2),
        pause,
        Stage("walk", strides=7, speed_mps=1.4),
        Stage("backward-walk", strides=9),
        pause,
        Stage("side-left", strides=5),
        Stage("side-right", strides=5),
        pause,
        Stage("turn", strides=3, turn_deg=60.0),
        pause,
        Stage("run", strides=16, speed_mps=3.2),
        pause,
        Stage("backward-run", strides=16, speed_mps=2.4),
        stand,
    ]


_SPECIAL: dict[str, Callable[..., list[Stage]]] = {
    "standing": standing,
    "sideways": sideways,
    "turn": turn,
    "curve": curve,
    "stairs": stairs,
    "disturbances": disturbances,
    "mixed": mixed,
    "hill-intervals": hill_intervals,
    "demo": demo,
}

_SLOPES = {"hill-intervals": -0.08}
"""Default rise over run along the first heading: the hill descends ahead of the wearer."""


def names() -> list[str]:
    """Return the names of all scenarios."""
    return sorted({*_SPECIAL, *(k for k in KINDS if k not in _SPECIAL), *(f for f in FIDGETS if f != "stand")})


def scenario(name: str, rate_hz: float, seed: int, *, slope: float | None = None, spread: float = 0.05,
             second_offset_s: float | None = None, **parameters: float | int | None) -> ModelRecording:  # fmt: skip
    """Return the recording of a scenario at `rate_hz`. The same seed gives the same samples.

    The gaits (walk, jog, run, backward-walk, backward-run, side-left, ...) take `duration_s` or `strides`,
    `speed_mps`, `cadence_per_min`, `contact_s` or `contact_fraction`, and `turn_deg`. The other scenarios take the
    parameters of their function in this module. `slope`: rise over run along the first heading. `spread`: relative
    standard deviation of the strides. `second_offset_s`: record the other foot of the same wearer, which moves half a
    cycle later and has a contact time that is longer by this number.

    Raises UsageError for an unknown name or parameter.
    """
    ground = _SLOPES.get(name, 0.0) if slope is None else slope
    stages = _stages(name, parameters)
    return build(name, stages, rate_hz, seed, ground, spread, second_offset_s=second_offset_s)


def _stages(name: str, parameters: dict[str, float | int | None]) -> Sequence[Stage]:
    if name in _SPECIAL:
        return _called(name, _SPECIAL[name], parameters)
    if name in KINDS or name in FIDGETS:
        return _called(name, single, {"kind": name, **parameters})
    raise UsageError(f"unknown scenario: {name!r}", f"use one of {', '.join(names())}")


def _called(
    name: str, make: Callable[..., list[Stage]], parameters: Mapping[str, float | int | str | None]
) -> list[Stage]:
    try:
        inspect.signature(make).bind(**parameters)
    except TypeError as error:
        raise UsageError(
            f"scenario {name!r}: {error}", "see the parameters in `retropod.virtual.gaitmodel.scenarios`"
        ) from None
    return make(**parameters)
