"""One stride as the pod measured it, and what follows from it alone."""

import math
from dataclasses import dataclass
from typing import Any

from retropod.client.messages import StrideMessage

_STOOD_S = 1.5  # the foot of the slowest walker is on the ground for less
_UNSURE_LENGTH = {"gap": "samples lost", "tilt_open": "levelling failed", "clipped_gyr": "gyroscope clipped"}


@dataclass(frozen=True, slots=True)
class Stride:
    """From mid-stance to mid-stance. Times in s, lengths in m, angles in degrees, peak in g; None: not known.

    `direction` is forward, backward, lateral or unknown; `side` (left, right) goes with lateral. `confidence` is the
    probability of the best class, when the answer is unknown too. `along_m` is along the toe axis, negative backward.
    `sample` and `uptime_s` are of the opening mid-stance, `toe_off_s` and `contact_s` (start and end of the swing) from
    there. `contact_time_s` runs from the previous initial contact to this toe-off.
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

    @classmethod
    def of(cls, message: StrideMessage) -> "Stride":
        """From a `stride` message, streamed or stored."""
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
        )

    @property
    def cycle_s(self) -> float | None:
        """From one initial contact of this foot to the next, in s: contact time plus swing. None after standing.

        Not `period_s`: that runs between the instants at which the foot was stillest, which need not be one and the
        same for the stride before.
        """
        if self.contact_time_s is None or self.contact_s is None or self.toe_off_s is None:
            return None
        if self.contact_time_s > _STOOD_S:
            return None
        return self.contact_time_s + self.contact_s - self.toe_off_s

    @property
    def speed_mps(self) -> float | None:
        """Way along the toe axis over cycle, in m/s; negative backward, unlike the unsigned speed of FIT and BLE."""
        if self.along_m is None or not self.cycle_s:
            return None
        return self.along_m / self.cycle_s

    @property
    def length_m(self) -> float | None:
        """Straight distance from mid-stance to mid-stance, in m, never negative: the direction says which way."""
        return None if self.along_m is None else math.hypot(self.along_m, self.lateral_m or 0.0)

    @property
    def cadence_spm(self) -> float | None:
        """Steps per minute of both feet, assuming that the other foot's stride takes as long: 120 / cycle."""
        return 120.0 / self.cycle_s if self.cycle_s else None

    @property
    def aerial_time_s(self) -> float | None:
        """Time in the air before each contact, in s: half the cycle minus the contact time, both sides assumed alike.

        None when that is not positive: then both feet touch the ground in between, which is walking.
        """
        if self.cycle_s is None or self.contact_time_s is None:
            return None
        aerial = self.cycle_s / 2 - self.contact_time_s
        return aerial if aerial > 0 else None

    @property
    def duty_factor(self) -> float | None:
        """Contact time over cycle; below one half is running (Alexander 1989, Physiol. Rev. 69:1199)."""
        if not self.cycle_s or self.contact_time_s is None:
            return None
        return self.contact_time_s / self.cycle_s

    @property
    def length_doubt(self) -> str:
        """Why length and speed of this stride deserve no trust; empty when nothing speaks against them."""
        return ", ".join(reason for flag, reason in _UNSURE_LENGTH.items() if flag in self.flags)

    @property
    def end_s(self) -> float:
        """Pod uptime of the closing mid-stance, in s."""
        return (self.uptime_s or 0.0) + (self.period_s or 0.0)

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints: every field under its name, derived numbers too, rounded to what they can mean."""
        derived = {
            name: getattr(self, name) for name in ("length_m", "cycle_s", "speed_mps", "cadence_spm", "aerial_time_s")
        }
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: _rounded(value) for name, value in (values | derived).items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    return list(value) if isinstance(value, tuple) else value
