"""Strides made up for tests."""

from retropod.insight.stride import Stride


def stride(number: int = 0, direction: str = "forward", **changes) -> Stride:
    """A plausible running stride, one every 0.7 s."""
    values = {
        "number": number, "sample": number * 292, "uptime_s": number * 0.7, "period_s": 0.7, "toe_off_s": 0.1,
        "contact_s": 0.58, "contact_time_s": 0.22, "direction": direction, "side": None, "confidence": 0.97,
        "along_m": -1.4 if direction == "backward" else 1.4, "lateral_m": 0.0, "rise_m": 0.0, "yaw_deg": 0.0,
        "pitch_deg": 5.0, "peak_g": 9.0, "loading_g_per_s": 300.0, "strike": "heel", "strike_confidence": 0.8,
        "flags": (),
    }  # fmt: skip
    return Stride(**{**values, **changes})
