"""Sounds of the cues on the page. Each kind differs in rhythm or melody, not in pitch alone."""

from typing import NamedTuple


class Tone(NamedTuple):
    """A tone: `pitch_hz`, and `start_s` and `length_s` in s."""

    pitch_hz: float
    start_s: float
    length_s: float


_LOW, _MIDDLE, _HIGH = 392.0, 587.0, 880.0
SOUNDS: dict[str, tuple[Tone, ...]] = {
    "forward": (Tone(_LOW, 0.0, 0.12), Tone(_HIGH, 0.14, 0.2)),
    "backward": (Tone(_HIGH, 0.0, 0.12), Tone(_LOW, 0.14, 0.2)),
    "lateral": (Tone(_MIDDLE, 0.0, 0.12), Tone(_MIDDLE, 0.18, 0.12)),
    "target": tuple(Tone(_HIGH, 0.12 * at, 0.08) for at in range(3)),
    "countdown": (Tone(_MIDDLE, 0.0, 0.08),),
    "step": (Tone(_HIGH, 0.0, 0.6),),
    "done": (Tone(_LOW, 0.0, 0.2), Tone(_MIDDLE, 0.22, 0.2), Tone(_HIGH, 0.44, 0.6)),
}
