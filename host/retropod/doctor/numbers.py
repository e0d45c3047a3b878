"""Measured numbers of doctor's results in SI units, for `--json`. The pod sends integers in units of its own."""

import re
from typing import NamedTuple

SPACE = re.compile(r"\d+ of \d+ kB free")
AXIS = re.compile(r"[ag][xyz]")
LIMITS = re.compile(r"([ag][xyz]) (-?\d+)\.\.(-?\d+) (\w+)")
_BLOCK = re.compile(r"largest block \d+")
_NOMINAL = re.compile(r"\d+")
_ANY = re.compile(r".*", re.DOTALL)


class Number(NamedTuple):
    """Key of a number, with its unit, and factor to that unit. It was measured if the details match `measured`."""

    key: str
    factor: float = 1
    measured: re.Pattern[str] = _ANY


# Numbers by item: one for each row of a result, and the last one for all further rows.
_NUMBERS: dict[str, tuple[Number, ...]] = {
    "ports": (Number("ports"),),
    "round_trip": (Number("median_s", 1e-3),),
    "line": (Number("bytes_per_s"),),
    "range": (Number("acc_lsb_g", 1e-6), Number("gyr_lsb_dps", 1e-6)),
    "bus": (Number("failures"),),
    "overruns": (Number("overruns"),),
    "flash": (Number("left_s", 60, SPACE),),
    "heap": (Number("free_bytes", 1, _BLOCK),),
    "battery": (Number("voltage_v", 1e-3),),
    "faults": (Number("recent"),),
    "reset": (Number("cause"),),
    "settings": (Number("changed"),),
    "gravity": (Number("gravity_g", 1e-3),),
    "noise_acc": (Number("rms_g", 1e-6, AXIS),),
    "noise_gyr": (Number("rms_dps", 1e-6, AXIS),),
    "zero_rate": (Number("rate_dps", 1e-3, AXIS),),
    "rate": (Number("rate_hz", 1e-3, _NOMINAL),),
    "frames": (Number("bad"),),
}
_RESPONSES = {"mg": Number("response_g", 1e-3), "dps": Number("response_dps")}


def in_units(item: str, index: int, value: int, detail: str, skipped: bool) -> dict[str, float | None]:
    """Return the number of a row of a result by its key, None if it was not measured. Empty for an item without one."""
    if item == "self_test":
        found = LIMITS.fullmatch(detail)
        number = _RESPONSES.get(found[4]) if found else None
        return {number.key: round(value * number.factor, 9)} if number else {}
    numbers = _NUMBERS.get(item, ())
    if not numbers:
        return {}
    number = numbers[min(index, len(numbers) - 1)]
    known = not skipped and number.measured.fullmatch(detail)
    return {number.key: round(value * number.factor, 9) if known else None}
