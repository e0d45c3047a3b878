"""A stride as measured by the pod, and the metrics of a single stride."""

import math
from dataclasses import dataclass, field, fields
from statistics import median
from typing import Any

from retropod.client.messages import StrideMessage
from retropod.insight.caveats import reasons_of
from retropod.insight.directions import DIRECTIONS

# Least and greatest possible value of each measurement. A value outside came from damaged or foreign data.
_ANY = (-1e9, 1e9)
_MOST_S = 10.0  # the engine finds strides of up to 3.2 s; the fields of the wire hold 6.55 s
_MOST_M = 10.0  # the longest jump of a person is 8.95 m (world record since 1991)
_POSSIBLE = {
    "uptime_s": (0.0, 2.0**33),
    "period_s": (0.0, _MOST_S),
    "toe_off_s": (0.0, _MOST_S),
    "contact_s": (0.0, _MOST_S),
    "contact_time_s": (0.0, _MOST_S),
    "confidence": (0.0, 1.0),
    "along_m": (-_MOST_M, _MOST_M),
    "lateral_m": (-_MOST_M, _MOST_M),
    "rise_m": (-_MOST_M, _MOST_M),
    "yaw_deg": _ANY,
    "pitch_deg": (-180.0, 180.0),
    "peak_g": (0.0, 64.0),  # the diagonal of the largest range, 32 g per axis, is 55.4 g
    "loading_g_per_s": (0.0, 1e9),
    "strike_confidence": (0.0, 1.0),
}
_FASTEST_MPS = 13.0  # top speed of a sprint: 12.3 m/s (Graubner & Nixdorf 2011, New Studies in Athletics 26:19)
_SHORTEST_CYCLE_S = 0.25  # the engine finds no stride below 0.28 s

# Limits of a stance. A slow gait has a long stance, but its swing is long too. The stance of healthy adults tends to
# 64 % of the cycle as speed tends to 0 (Kirtley et al. 1985, J Biomed Eng 7:282). 80 % leaves room for patients. Of
# 2,682 contact times in our recordings of people, the 191 between 1.1 and 1.6 s that are below it have 51 to 80 %, and
# 36 are standing. Shorter contact times are always accepted: a late toe-off shortens the swing, to shares of up to
# 89 %. The longest stride of the engine is 3.2 s (STRIDE_MAX_S). A runner who stood for 1.5 s has 79 %, but was still
# for 72 %. Of 396 longer contact times of people that the other limits accept, 2 have more than 60 %.
_USUAL_STANCE_S = 1.1
_STANCE_SHARE = 0.8
_STILL_SHARE = 0.6  # largest share of the time from the closing mid-stance to the next opening one
_LONGEST_CYCLE_S = 3.2
_SAME_CONTACT_S = 0.05  # two times of one contact differ by at most 1 ms and two samples of the slowest rate, 52 Hz

# Limits of the contact time as a share of the stride time. Top sprinters have 0.2 (0.1 s of 0.45 s: Weyand et al. 2000,
# J Appl Physiol 89:1991). A late toe-off gives up to 0.89 in our recordings. A value outside comes from a wrong event.
_DUTY_FACTORS = (0.15, 0.9)

# For `columns`, which computes the same metrics for many strides at once.
POSSIBLE, FASTEST_MPS, CYCLE_S = _POSSIBLE, _FASTEST_MPS, (_SHORTEST_CYCLE_S, _LONGEST_CYCLE_S)
USUAL_STANCE_S, STANCE_SHARE, STILL_SHARE = _USUAL_STANCE_S, _STANCE_SHARE, _STILL_SHARE
DUTY_FACTORS = _DUTY_FACTORS
SAME_CONTACT_S = _SAME_CONTACT_S


@dataclass(frozen=True, slots=True)
class Stride:
    """A stride from mid-stance to mid-stance. Times in s, lengths in m, angles in degrees, peak in g. None: unknown.

    `direction` is forward, backward, lateral or unknown. `side` is left or right for lateral, else None. `confidence`
    is the probability of the best class, also if `direction` is unknown. `along_m` is the displacement along the toe
    axis, negative backward. `sample` and `uptime_s` belong to the opening mid-stance, from which `toe_off_s` and
    `contact_s` (start and end of the swing) count. `contact_time_s` is the time from the previous initial contact to
    this toe-off. It is None after standing and if it is unreliable (`caveats`). `intervals_s`: times since toe-off and
    closing mid-stance of the previous stride, empty if that stride is missing. An impossible value of a field becomes
    None, or `unknown`.
    """

    number: int
    sample: int
    uptime_s: float | None
    period_s: float | None
    toe_off_s: float | None
    contact_s: float | None
    contact_time_s: float | None
    direction: str
    side: str | None
    confidence: float | None
    along_m: float | None
    lateral_m: float | None
    rise_m: float | None
    yaw_deg: float | None
    pitch_deg: float | None
    peak_g: float | None
    loading_g_per_s: float | None
    strike: str
    strike_confidence: float | None
    flags: tuple[str, ...]
    intervals_s: tuple[float, ...] = ()
    cycle_s: float | None = field(default=None, init=False)
    """Stride time of this foot, in s. None after standing.

    It is the median of the intervals that end in this stride: between contacts (contact time plus swing), toe-offs and
    closing mid-stances. So one event at a wrong instant does not change it. If the previous stride is missing, only the
    first interval is known. `period_s` is shorter than the stride time of a walk: the stride opens at the last still
    instant of a stance, and closes at the first one.
    """

    def __post_init__(self) -> None:
        """Replace impossible values."""
        for name, (least, most) in _POSSIBLE.items():
            value = getattr(self, name)
            if value is not None and not least <= value <= most:  # NaN fails both comparisons
                object.__setattr__(self, name, None)
        if self.direction not in DIRECTIONS:
            object.__setattr__(self, "direction", "unknown")
        if self.side not in ("left", "right"):
            object.__setattr__(self, "side", None)
        if self.strike not in ("heel", "not_heel"):
            object.__setattr__(self, "strike", "unknown")
        if self._stood():
            object.__setattr__(self, "contact_time_s", None)
        object.__setattr__(self, "cycle_s", self._cycle_s())
        if reasons_of(self.flags, "contact_time_s") or not self._usual_duty():
            object.__setattr__(self, "contact_time_s", None)

    def _stood(self) -> bool:
        """Return whether the contact time is longer than the stance of any gait, because the foot stood."""
        if self.contact_time_s is None or self.contact_time_s <= _USUAL_STANCE_S:
            return False
        swing_s = self._swing_s or 0.0
        cycle_s = self.contact_time_s + swing_s
        still_s = self.intervals_s[-1] - self.period_s if self.period_s and self.intervals_s else 0.0
        too_long = cycle_s > _LONGEST_CYCLE_S or self.contact_time_s > _STANCE_SHARE * cycle_s
        return too_long or still_s > _STILL_SHARE * cycle_s

    @classmethod
    def of(cls, message: StrideMessage, before: "Stride | None" = None) -> "Stride":
        """Return the stride of a `stride` message, streamed or stored. `before`: the stride of the previous message."""
        # A number instead of a name: a later version of the pod knows more directions.
        direction, _, side = str(message.direction).partition("_")
        return cls(
            number=message.number,
            sample=message.sample,
            uptime_s=message.seconds("uptime"),
            period_s=message.period,
            toe_off_s=message.toe_off,
            contact_s=message.contact,
            contact_time_s=message.contact_time,
            direction=direction,
            side=side or None,
            confidence=message.confidence,
            along_m=message.length,
            lateral_m=message.lateral,
            rise_m=message.rise,
            yaw_deg=message.yaw,
            pitch_deg=message.pitch,
            peak_g=message.peak,
            loading_g_per_s=message.loading,
            strike=str(message.strike),
            strike_confidence=message.strike_confidence,
            flags=message.flags,
            intervals_s=_intervals_s(message, before),
        )

    @property
    def _swing_s(self) -> float | None:
        """Time from toe-off to initial contact, in s. None if unknown or negative."""
        if self.contact_s is None or self.toe_off_s is None or self.contact_s < self.toe_off_s:
            return None
        return self.contact_s - self.toe_off_s

    def _cycle_s(self) -> float | None:
        if self.contact_time_s is None or reasons_of(self.flags, "cycle_s"):
            return None
        contacts_s = math.nan if self._swing_s is None else self.contact_time_s + self._swing_s
        known = [one for one in (contacts_s, *self.intervals_s) if _SHORTEST_CYCLE_S <= one <= _LONGEST_CYCLE_S]
        return median(known) if known else None

    def _usual_duty(self) -> bool:
        """Return whether the contact time is a possible share of the stride time, as far as both are known."""
        if self.contact_time_s is None or self.cycle_s is None:
            return True
        least, most = _DUTY_FACTORS
        return least <= self.contact_time_s / self.cycle_s <= most

    @property
    def speed_mps(self) -> float | None:
        """Displacement along the toe axis per cycle, in m/s, negative backward (FIT and BLE: unsigned).

        None if no person is as fast.
        """
        speed_mps = self._computed_mps
        return None if speed_mps is None or abs(speed_mps) > _FASTEST_MPS else speed_mps

    @property
    def _computed_mps(self) -> float | None:
        return None if self.along_m is None or not self.cycle_s else self.along_m / self.cycle_s

    @property
    def length_m(self) -> float | None:
        """Horizontal distance from mid-stance to mid-stance, in m, never negative."""
        return None if self.along_m is None else math.hypot(self.along_m, self.lateral_m or 0.0)

    @property
    def cadence_spm(self) -> float | None:
        """Steps per minute of both feet: 120 / cycle. Assumes that the other foot's strides take as long."""
        return 120.0 / self.cycle_s if self.cycle_s else None

    @property
    def aerial_time_s(self) -> float | None:
        """Time in the air before each contact, in s: half the cycle minus the contact time.

        Assumes equal contact times of both feet. None if not positive: then both feet touch the ground, as in walking.
        """
        if self.cycle_s is None or self.contact_time_s is None:
            return None
        aerial = self.cycle_s / 2 - self.contact_time_s
        return aerial if aerial > 0 else None

    def caveats(self, name: str) -> tuple[str, ...]:
        """Return the reasons why a field or metric of this stride is unreliable or absent, empty if it is reliable."""
        impossible = self.impossible.get(name)
        return (*reasons_of(self.flags, name), *([impossible] if impossible else []))

    @property
    def impossible(self) -> dict[str, str]:
        """Metrics with a value that no person reaches, and the reason why each of them is unreliable or absent."""
        found: dict[str, str] = {}
        if abs(self._computed_mps or 0.0) > _FASTEST_MPS:
            found |= dict.fromkeys(("length_m", "speed_mps"), "impossible speed")
        if self.contact_time_s is None and self.cycle_s and not reasons_of(self.flags, "contact_time_s"):
            found |= dict.fromkeys(("contact_time_s", "aerial_time_s"), "impossible contact time")
        return found

    @property
    def length_caveats(self) -> str:
        """Reasons why length and speed of this stride are unreliable, separated by commas. Empty if reliable."""
        return ", ".join(self.caveats("speed_mps"))

    @property
    def end_s(self) -> float:
        """Pod uptime of the closing mid-stance, in s."""
        return (self.uptime_s or 0.0) + (self.period_s or 0.0)

    def as_json(self) -> dict[str, Any]:
        """Return the object for `--json`: all fields and the derived metrics, floats rounded to 4 decimals."""
        derived = {
            name: getattr(self, name) for name in ("length_m", "cycle_s", "speed_mps", "cadence_spm", "aerial_time_s")
        }
        # The times of two strides give their intervals, so these are not repeated.
        values = {
            one.name: getattr(self, one.name) for one in fields(self) if one.name not in ("intervals_s", "cycle_s")
        }
        return {name: rounded(value) for name, value in (values | derived).items()}


def _intervals_s(message: StrideMessage, before: Stride | None) -> tuple[float, ...]:
    """Return the times since toe-off and closing mid-stance of the previous stride, in s, as far as they are known.

    The contact time counts from the contact of the previous stride, so it shows whether `before` is that stride.
    """
    opened_s, toe_off_s, contact_time_s = message.seconds("uptime"), message.toe_off, message.contact_time
    if before is None or opened_s is None or toe_off_s is None or contact_time_s is None:
        return ()
    if before.uptime_s is None or before.toe_off_s is None or before.contact_s is None:
        return ()
    apart_s = opened_s - before.uptime_s
    if abs(apart_s + toe_off_s - contact_time_s - before.contact_s) > _SAME_CONTACT_S:
        return ()
    toe_offs_s = apart_s + toe_off_s - before.toe_off_s
    if message.period is None or before.period_s is None:
        return (toe_offs_s,)
    return toe_offs_s, apart_s + message.period - before.period_s


def rounded(value: Any, digits: int = 4) -> Any:
    """Return a value for JSON: floats rounded, NaN and infinity as None, a tuple as a list, also within a dict."""
    if isinstance(value, float):
        return round(value, digits) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: rounded(one, digits) for name, one in value.items()}
    return [rounded(one, digits) for one in value] if isinstance(value, tuple) else value
