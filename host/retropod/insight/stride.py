"""A stride as measured by the pod, and the metrics of a single stride."""

import math
from dataclasses import dataclass
from typing import Any

from retropod.client.messages import StrideMessage

_STOOD_S = 1.5  # longest contact time: a longer one means standing, also for the slowest walker
_UNSURE_LENGTH = {"gap": "samples lost", "tilt_open": "levelling failed", "clipped_gyr": "gyroscope clipped"}


@dataclass(frozen=True, slots=True)
class Stride:
    """A stride from mid-stance to mid-stance. Times in s, lengths in m, angles in degrees, peak in g. None: unknown.

    `direction` is forward, backward, lateral or unknown. `side` is left or right for lateral, else None. `confidence`
    is the probability of the best class, also if `direction` is unknown. `along_m` is the displacement along the toe
    axis, negative backward. `sample` and `uptime_s` belong to the opening mid-stance, from which `toe_off_s` and
    `contact_s` (start and end of the swing) count. `contact_time_s` is the time from the previous initial contact to
    this toe-off.
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
        """Return the stride of a `stride` message, streamed or stored."""
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
        """Time from one initial contact of this foot to the next, in s: contact time plus swing. None after standing.

        `period_s` is the time between mid-stances, where the foot is stillest. It may differ from the cycle, because
        the phase of that instant varies between strides.
        """
        if self.contact_time_s is None or self.contact_s is None or self.toe_off_s is None:
            return None
        if self.contact_time_s > _STOOD_S:
            return None
        return self.contact_time_s + self.contact_s - self.toe_off_s

    @property
    def speed_mps(self) -> float | None:
        """Displacement along the toe axis per cycle, in m/s, negative backward (FIT and BLE: unsigned)."""
        if self.along_m is None or not self.cycle_s:
            return None
        return self.along_m / self.cycle_s

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

    @property
    def length_caveats(self) -> str:
        """Reasons why length and speed of this stride are unreliable, separated by commas. Empty if reliable."""
        return ", ".join(reason for flag, reason in _UNSURE_LENGTH.items() if flag in self.flags)

    @property
    def end_s(self) -> float:
        """Pod uptime of the closing mid-stance, in s."""
        return (self.uptime_s or 0.0) + (self.period_s or 0.0)

    def as_json(self) -> dict[str, Any]:
        """Return the object for `--json`: all fields and the derived metrics, floats rounded to 4 decimals."""
        derived = {
            name: getattr(self, name) for name in ("length_m", "cycle_s", "speed_mps", "cadence_spm", "aerial_time_s")
        }
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: _rounded(value) for name, value in (values | derived).items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    return list(value) if isinstance(value, tuple) else value
