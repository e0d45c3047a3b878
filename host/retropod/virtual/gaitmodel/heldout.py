"""Ten scenarios held out from tuning: report their results, and do not change the engine because of them.

They were written before the engine processed any sample of the model, and are unchanged since. They show whether the
engine is overfitted to the model. They are not evidence about people.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .recording import ModelRecording
from .scenarios import scenario


@dataclass(frozen=True)
class HeldOut:
    """A scenario with the seed and parameters that make it repeatable."""

    name: str
    scenario: str
    seed: int
    parameters: dict[str, float] = field(default_factory=dict[str, float])

    def recording(self, rate_hz: float) -> ModelRecording:
        """Return the recording at `rate_hz`, named after this entry."""
        return replace(scenario(self.scenario, rate_hz, self.seed, **self.parameters), name=self.name)


HELD_OUT: tuple[HeldOut, ...] = (
    HeldOut("backward-sprint", "backward-run", 9101, {"speed_mps": 3.5, "contact_s": 0.15, "duration_s": 30.0}),
    HeldOut("backward-jog-slow", "backward-jog", 9102, {"speed_mps": 1.6, "contact_s": 0.28, "duration_s": 40.0}),
    HeldOut("backward-run-uphill", "backward-run", 9103, {"speed_mps": 2.2, "slope": -0.12, "duration_s": 30.0}),
    HeldOut(
        "backward-walk-slow", "backward-walk", 9104, {"speed_mps": 0.45, "cadence_per_min": 36.0, "duration_s": 40.0}
    ),
    HeldOut("backward-bend", "backward-walk", 9105, {"speed_mps": 1.1, "turn_deg": -11.0, "duration_s": 40.0}),
    HeldOut("sprint", "run", 9106, {"speed_mps": 6.0, "duration_s": 20.0}),
    HeldOut("walk-slow-uneven", "walk", 9107, {"speed_mps": 0.5, "spread": 0.12, "duration_s": 45.0}),
    HeldOut("side-steps-quick", "sideways", 9108, {"speed_mps": 1.4, "strides": 16}),
    HeldOut("mixed-uneven", "mixed", 9109, {"repeats": 3, "speed_mps": 1.5, "spread": 0.09}),
    HeldOut("hill-steep", "hill-intervals", 9110, {"repeats": 2, "strides": 14, "speed_mps": 2.6, "slope": -0.15}),
)
