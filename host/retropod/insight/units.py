"""Units and number formats of readers. Data and JSON have SI units only."""

from dataclasses import dataclass
from typing import NamedTuple

from retropod.insight.bests import MILE_M
from retropod.insight.energy import JOULES_PER_KCAL
from retropod.insight.value import Value


@dataclass(frozen=True, slots=True)
class Units:
    """Units of distance and speed. `metres`: per unit of distance. `mps`: m/s per unit of speed. `pace`: "" without."""

    distance: str
    metres: float
    distance_form: str
    speed: str
    mps: float
    speed_form: str
    pace: str


UNITS = {
    "si": Units("m", 1.0, ".0f", "m/s", 1.0, ".2f", ""),
    "metric": Units("km", 1000.0, ".3f", "km/h", 1 / 3.6, ".1f", "min/km"),
    "imperial": Units("mi", MILE_M, ".3f", "mph", MILE_M / 3600, ".1f", "min/mi"),
}

SI = UNITS["si"]
_WHOLE_KCAL = 10.0  # energy from which a range needs no decimal


class _Form(NamedTuple):
    factor: float
    form: str
    unit: str


_FORMS = {
    "strides": _Form(1, ".0f", ""),
    "cadence_spm": _Form(1, ".0f", "steps/min"),
    "contact_time_s": _Form(1000, ".0f", "ms"),
    "aerial_time_s": _Form(1000, ".0f", "ms"),
    "duty_factor": _Form(100, ".0f", "%"),
    "length_m": _Form(1, ".2f", "m"),
    "variability": _Form(100, ".1f", "%"),
    "peak_g": _Form(1, ".1f", "g"),
    "loading_g_per_s": _Form(1, ".0f", "g/s"),
    "clipped_share": _Form(100, ".0f", "%"),
    "heel_share": _Form(100, ".0f", "%"),
    "cadence_drift": _Form(100, "+z.1f", "%"),
    "contact_drift": _Form(100, "+z.1f", "%"),
    "speed_drift": _Form(100, "+z.1f", "%"),
    "ramp": _Form(1, ".2f", ""),
    "cycle_s": _Form(1000, ".0f", "ms"),
    "contact_symmetry": _Form(100, "+z.1f", "%"),
    "cycle_symmetry": _Form(100, "+z.1f", "%"),
    "length_symmetry": _Form(100, "+z.1f", "%"),
    "contact_difference_s": _Form(1000, "+z.0f", "ms"),
    "step_time_left_s": _Form(1000, ".0f", "ms"),
    "step_time_right_s": _Form(1000, ".0f", "ms"),
    "step_symmetry": _Form(100, "+z.1f", "%"),
    "step_cadence_spm": _Form(1, ".0f", "steps/min"),
    "aerial_after_left_s": _Form(1000, ".0f", "ms"),
    "aerial_after_right_s": _Form(1000, ".0f", "ms"),
    "support_before_left_s": _Form(1000, ".0f", "ms"),
    "support_before_right_s": _Form(1000, ".0f", "ms"),
    "fade": _Form(100, "+z.1f", "%"),
    "energy_kj": _Form(1, ".0f", "kJ"),
    "contact_ratio": _Form(1, ".2f", ""),
    "aerial_ratio": _Form(1, ".2f", ""),
    "cadence_ratio": _Form(1, ".2f", ""),
    "peak_ratio": _Form(1, ".2f", ""),
}


def unit(name: str, units: Units) -> str:
    """Return the unit in which readers see a metric."""
    return _form(name, units).unit


def number(name: str, value: float | None, units: Units) -> str:
    """Return the number of a metric in the reader's unit, without the unit. A dash for None. A speed has no sign."""
    if value is None:
        return "-"
    if name in ("time_s", "best_time_s"):
        return clock(value)
    form = _form(name, units)
    return f"{abs(value * form.factor) if name == 'speed_mps' else value * form.factor:{form.form}}"


def spread(name: str, value: Value, units: Units) -> str:
    """Return the spread of a value in the reader's unit with a plus-minus sign. Empty if it is unknown."""
    return "" if value.spread is None else f"±{number(name, value.spread, units).lstrip('+')}"


def pace(speed_mps: float | None, units: Units) -> str:
    """Return the time per unit of distance as m:ss, or a dash."""
    if not speed_mps or not units.pace:
        return "-"
    minutes, seconds = divmod(round(units.metres / abs(speed_mps)), 60)
    return f"{minutes}:{seconds:02d}"


def clock(seconds: float) -> str:
    """Return seconds as m:ss.t, or as h:mm:ss from one hour on."""
    minutes, rest = divmod(round(max(seconds, 0.0), 1), 60)
    if minutes >= 60:
        return f"{int(minutes) // 60}:{int(minutes) % 60:02d}:{int(rest):02d}"
    return f"{int(minutes)}:{rest:04.1f}"


def energy_range(value: Value) -> str:
    """Return an energy in kJ as a range in kcal and kJ."""
    low, high = (value.value or 0.0) - (value.spread or 0.0), (value.value or 0.0) + (value.spread or 0.0)
    kcal = JOULES_PER_KCAL / 1000
    digits = 0 if low / kcal >= _WHOLE_KCAL else 1
    return f"{low / kcal:.{digits}f} to {high / kcal:.{digits}f} kcal ({low:.{digits}f} to {high:.{digits}f} kJ)"


def _form(name: str, units: Units) -> _Form:
    if name == "speed_mps":
        return _Form(1 / units.mps, units.speed_form, units.speed)
    if name == "distance_m":
        return _Form(1 / units.metres, units.distance_form, units.distance)
    return _FORMS[name]
