"""Interpretation of a recording's numbers: units, axes and rate."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retropod.errors import DamagedData, UsageError

G_M_S2 = 9.80665
ACC_UNITS = {"m/s2": 1.0, "g": G_M_S2, "mg": G_M_S2 / 1000}
GYR_UNITS = {"rad/s": 1.0, "deg/s": math.pi / 180, "mdeg/s": math.pi / 180_000}
_AXES = "xyz"


class OptionMissing(DamagedData):
    """A recording that an `option` of a command would correct. `hint`: the correction of the file."""

    def __init__(self, message: str, hint: str, option: str) -> None:
        super().__init__(message, hint)
        self.option = option


@dataclass(frozen=True)
class Interpretation:
    """Statements of a user about a file. None: as in the file.

    `acc_unit` and `gyr_unit`: keys of ACC_UNITS and GYR_UNITS, of the numbers after `acc_lsb` and `gyr_lsb`. `axes`:
    the axes of the file that are the shoe's x, y and z, as in `x,-z,y`. `rate_hz`: sample rate.
    """

    acc_unit: str | None = None
    gyr_unit: str | None = None
    axes: str | None = None
    rate_hz: float | None = None

    @property
    def factors(self) -> tuple[float, float]:
        """Factors to m/s^2 and rad/s."""
        return ACC_UNITS[self.acc_unit or "m/s2"], GYR_UNITS[self.gyr_unit or "rad/s"]

    def in_shoe(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return (N,3) values of the file in the shoe frame. Raises UsageError for invalid `axes`."""
        if self.axes is None:
            return values
        signs, order = parse_axes(self.axes)
        if values.dtype.kind != "f":
            values = values.astype(np.int64)  # the negative of the lowest number needs one more bit
        return values[:, order] * np.array(signs, values.dtype)


def parse_axes(text: str) -> tuple[list[int], list[int]]:
    """Return signs and columns of the shoe's axes. Raises UsageError unless each of x, y, z occurs once."""
    words = [word.strip().lower() for word in text.split(",")]
    names = [word.lstrip("+-") for word in words]
    if sorted(names) != list(_AXES) or any(len(word) > 2 for word in words):
        raise UsageError(f"axes {text!r} do not name each of x, y and z once", "give three axes, for example `x,-z,y`")
    return [-1 if word[0] == "-" else 1 for word in words], [_AXES.index(name) for name in names]
