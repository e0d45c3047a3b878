"""Flags of a stride that make its measurements unreliable: the only table from a flag to fields and the reason."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

_TIMES = ("contact_time_s", "aerial_time_s")
_LENGTHS = ("along_m", "lateral_m", "rise_m", "length_m", "speed_mps")
_PEAKS = ("peak_g", "loading_g_per_s")


class Caveat(NamedTuple):
    """Reason why fields and metrics of a stride are unreliable."""

    reason: str
    fields: tuple[str, ...]


# An event in a gap is found at its edge. The stride time is a median, so a gap does not change it.
CAVEATS = {
    "gap": Caveat("samples lost", (*_TIMES, *_LENGTHS, *_PEAKS, "yaw_deg", "pitch_deg")),
    "tilt_open": Caveat("levelling failed", (*_LENGTHS, "yaw_deg", "pitch_deg")),
    "clipped_gyr": Caveat("gyroscope clipped", (*_LENGTHS, "yaw_deg", "pitch_deg")),
    "clipped_peak": Caveat("accelerometer clipped", _PEAKS),
    "joined": Caveat("a stance missed", (*_TIMES, *_LENGTHS, "cycle_s", "cadence_spm")),
    "not_gait": Caveat("not gait", (*_TIMES, *_LENGTHS, "cycle_s", "cadence_spm")),
}


def reasons_of(flags: Iterable[str], field: str) -> list[str]:
    """Return the reasons why the flags make a field unreliable, in the order of the table. Ignore unknown flags."""
    return list(_reasons(tuple(flags), field))


@lru_cache(1024)  # The strides of a run have few different flags, and each metric asks for them.
def _reasons(flags: tuple[str, ...], field: str) -> tuple[str, ...]:
    return tuple(caveat.reason for flag, caveat in CAVEATS.items() if flag in flags and field in caveat.fields)
