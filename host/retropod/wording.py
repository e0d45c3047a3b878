"""Parts of English sentences."""

import math


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun, as in `1 run` or `2 runs`. `plural`: a plural that is not formed by an s."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def install_extra(extra: str) -> str:
    """Return the hint that installs the packages of an extra, from a checkout."""
    return f"run `pip install '.[{extra}]'` in the folder of retropod"


def bound(error_s: float) -> str:
    """Return the error bound of a time, rounded up, in ms, s, min or h."""
    if error_s < 0.9995:
        return f"{int(error_s * 1000) + 1} ms"
    if error_s < 99:
        return f"{math.ceil(round(error_s * 10, 6)) / 10:.1f} s"
    minutes = math.ceil(error_s / 60)
    return f"{minutes} min" if minutes < 99 else f"{math.ceil(error_s / 3600)} h"
