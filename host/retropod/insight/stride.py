"""One stride as the pod measured it, and what follows from it alone."""

from dataclasses import dataclass
from typing import Any

from retropod.wire import Message

_UNSURE_LENGTH = {"gap": "samples lost", "tilt_open": "levelling failed", "clipped_gyr": "gyroscope clipped"}


@dataclass(frozen=True, slots=True)
class Stride:
    """From mid-stance to mid-stance. Times in s, lengths in m, angles in degrees, peak in g; None: not known.

    `direction` is forward, backward, lateral or unknown; `side` (left, right) goes with lateral. `confidence` is the
    probability of the best class, when the answer is unknown too. `length_m` is along the toe axis, negative backward.
    `contact_time_s` runs from the previous initial contact to this toe-off.
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
    length_m: float | None
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
    def of(cls, message: Message) -> "Stride":
        """From a `stride` message, streamed or stored."""
        values = message.values
        direction, _, side = str(values["direction"]).partition("_")
        return cls(
            number=values["number"],
            sample=values["sample"],
            uptime_s=message.seconds("uptime"),
            period_s=values["period"],
            toe_off_s=values["toe_off"],
            contact_s=values["contact"],
            contact_time_s=values["contact_time"],
            direction=direction,
            side=side or None,
            confidence=values["confidence"],
            length_m=values["length"],
            lateral_m=values["lateral"],
            rise_m=values["rise"],
            yaw_deg=values["yaw"],
            pitch_deg=values["pitch"],
            peak_g=values["peak"],
            loading_g_per_s=values["loading"],
            strike=str(values["strike"]),
            strike_confidence=values["strike_confidence"],
            flags=values["flags"],
        )

    @property
    def speed_mps(self) -> float | None:
        """Length over period, in m/s; negative backward, unlike the unsigned speed of FIT and BLE."""
        if self.length_m is None or not self.period_s:
            return None
        return self.length_m / self.period_s

    @property
    def cadence_spm(self) -> float | None:
        """Steps per minute of both feet, assuming that the other foot's stride takes as long: 120 / period."""
        return 120.0 / self.period_s if self.period_s else None

    @property
    def aerial_time_s(self) -> float | None:
        """Time in the air before each contact, in s: half the period minus the contact time, both sides assumed alike.

        None when that is not positive: then both feet touch the ground in between, which is walking.
        """
        if self.period_s is None or self.contact_time_s is None:
            return None
        aerial = self.period_s / 2 - self.contact_time_s
        return aerial if aerial > 0 else None

    @property
    def duty_factor(self) -> float | None:
        """Contact time over period; below one half is running (Alexander 1989, Physiol. Rev. 69:1199)."""
        if not self.period_s or self.contact_time_s is None:
            return None
        return self.contact_time_s / self.period_s

    @property
    def length_doubt(self) -> str:
        """Why length and speed of this stride deserve no trust; empty when nothing speaks against them."""
        return ", ".join(reason for flag, reason in _UNSURE_LENGTH.items() if flag in self.flags)

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints: every field under its name, derived numbers too, rounded to what they can mean."""
        derived = {name: getattr(self, name) for name in ("speed_mps", "cadence_spm", "aerial_time_s")}
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: _rounded(value) for name, value in (values | derived).items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    return list(value) if isinstance(value, tuple) else value
