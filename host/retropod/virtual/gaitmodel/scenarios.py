"""Scenarios by name: what a wearer does, from ten strides of one gait to a whole session."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence

from retropod.errors import UsageError

from .bouts import FIDGETS, KINDS, Bout
from .build import build
from .recording import ModelRecording

_REST = Bout("stand", duration_s=2.5)


def _session(*parts: Bout, rest: Bout = _REST) -> list[Bout]:
    """Parts with standing before, between and after."""
    out = [rest]
    for part in parts:
        out += [part, rest]
    return out


def single(
    kind: str, duration_s: float = 30.0, strides: int | None = None, speed_mps: float | None = None,
    cadence_per_min: float | None = None, contact_s: float | None = None, contact_fraction: float | None = None,
    turn_deg: float | None = None,
) -> list[Bout]:  # fmt: skip
    """One gait between two rests. Cadence counts strides of this foot; `turn_deg` is the heading change a stride."""
    period = 60.0 / cadence_per_min if cadence_per_min else None
    if contact_fraction is not None:
        if period is None:
            raise UsageError("contact_fraction needs cadence_per_min: it is a part of the stride period")
        contact_s = contact_fraction * period
    return _session(Bout(kind, duration_s, strides, speed_mps, period, contact_s, turn_deg))


def standing(duration_s: float = 30.0) -> list[Bout]:
    """Nothing but standing."""
    return [Bout("stand", duration_s=duration_s)]


def sideways(strides: int = 12, speed_mps: float = 1.0) -> list[Bout]:
    """Side-steps to the left, then to the right."""
    return _session(
        Bout("side-left", strides=strides, speed_mps=speed_mps),
        Bout("side-right", strides=strides, speed_mps=speed_mps),
    )


def turn(turns: int = 6, turn_deg: float = 70.0) -> list[Bout]:
    """Turning on the spot, one way and then the other."""
    return _session(Bout("turn", strides=turns, turn_deg=turn_deg), Bout("turn", strides=turns, turn_deg=-turn_deg))


def curve(duration_s: float = 40.0, turn_deg: float = 14.0, speed_mps: float = 1.2) -> list[Bout]:
    """Walking round a bend to the left, then to the right."""
    half = 0.5 * duration_s
    return _session(
        Bout("walk", duration_s=half, speed_mps=speed_mps, turn_deg=turn_deg),
        Bout("walk", duration_s=half, speed_mps=speed_mps, turn_deg=-turn_deg),
    )


def stairs(strides: int = 6) -> list[Bout]:
    """A flight of stairs up, a turn, and down again."""
    return _session(Bout("stairs-up", strides=strides), Bout("turn", strides=2), Bout("stairs-down", strides=strides))


def disturbances(jumps: int = 8) -> list[Bout]:
    """What is no stride: jumping on the spot, tapping the shoe, restless feet."""
    return _session(Bout("jump", strides=jumps), Bout("tap", duration_s=8.0), Bout("shuffle", duration_s=10.0))


def mixed(repeats: int = 2, speed_mps: float = 1.3) -> list[Bout]:
    """Walking, backward walking and side-steps that go over into each other without a stop."""
    out = [Bout("stand", duration_s=3.0), Bout("walk", strides=10, speed_mps=speed_mps, to_rest=False)]
    for _ in range(repeats):
        out += [
            Bout("jog", strides=10, from_rest=False),
            Bout("backward-walk", strides=8),
            Bout("side-left", strides=6),
            Bout("backward-jog", strides=10),
            Bout("turn", strides=3, turn_deg=60.0),
            Bout("walk", strides=6, speed_mps=speed_mps, to_rest=False),
        ]
    return [*out, Bout("walk", strides=3, from_rest=False, speed_mps=speed_mps), Bout("stand", duration_s=3.0)]


def hill_intervals(repeats: int = 4, strides: int = 18, speed_mps: float = 1.9, rest_s: float = 6.0) -> list[Bout]:
    """Intervals on a hill: up backwards, facing down the slope; a rest; down forwards at a jog; a rest."""
    rest = Bout("stand", duration_s=rest_s)
    out = [rest, Bout("walk", strides=10), rest]
    for _ in range(repeats):
        out += [Bout("backward-run", strides=strides, speed_mps=speed_mps), rest, Bout("jog", strides=strides), rest]
    return out


def demo() -> list[Bout]:
    """About 90 s that show everything; the beginning is the mount check: stand still, ten steps forward."""
    stand, pause = Bout("stand", duration_s=3.0), Bout("stand", duration_s=1.5)
    return [
        stand,
        Bout("walk", strides=10, speed_mps=1.2),
        pause,
        Bout("walk", strides=7, speed_mps=1.4),
        Bout("backward-walk", strides=9),
        pause,
        Bout("side-left", strides=5),
        Bout("side-right", strides=5),
        pause,
        Bout("turn", strides=3, turn_deg=60.0),
        pause,
        Bout("run", strides=16, speed_mps=3.2),
        pause,
        Bout("backward-run", strides=16, speed_mps=2.4),
        stand,
    ]


_SPECIAL: dict[str, Callable[..., list[Bout]]] = {
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
"""Rise over run along the first heading, when none is given: the hill goes down ahead of the wearer."""


def names() -> list[str]:
    """Every scenario that `scenario` knows."""
    return sorted({*_SPECIAL, *(k for k in KINDS if k not in _SPECIAL), *(f for f in FIDGETS if f != "stand")})


def scenario(name: str, rate_hz: float, seed: int, *, slope: float | None = None, spread: float = 0.05,
             **parameters: float | int | None) -> ModelRecording:  # fmt: skip
    """The recording of a scenario at `rate_hz`, the same for the same seed.

    A gait by its name (walk, jog, run, backward-walk, backward-run, side-left, ...) takes `duration_s` or `strides`,
    `speed_mps`, `cadence_per_min`, `contact_s` or `contact_fraction`, `turn_deg`; the others take what their function
    in this module takes. `slope` is rise over run along the first heading.

    Raises UsageError for a name or a parameter that does not exist.
    """
    return build(
        name, _bouts(name, parameters), rate_hz, seed, _SLOPES.get(name, 0.0) if slope is None else slope, spread
    )


def _bouts(name: str, parameters: dict[str, float | int | None]) -> Sequence[Bout]:
    if name in _SPECIAL:
        return _called(name, _SPECIAL[name], parameters)
    if name in KINDS or name in FIDGETS:
        return _called(name, single, {"kind": name, **parameters})
    raise UsageError(f"no scenario called {name!r}", f"known: {', '.join(names())}")


def _called(
    name: str, make: Callable[..., list[Bout]], parameters: Mapping[str, float | int | str | None]
) -> list[Bout]:
    try:
        inspect.signature(make).bind(**parameters)
    except TypeError as error:
        raise UsageError(f"scenario {name!r}: {error}", "see `retropod.virtual.gaitmodel.scenarios`") from None
    return make(**parameters)
