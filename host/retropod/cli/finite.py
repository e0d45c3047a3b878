"""Type of every option that takes a number with a fraction."""

import math
from typing import Any

import click


class FiniteRange(click.FloatRange):
    """A finite number in a range. `click.FloatRange` accepts `nan`, and `inf` in a range without an upper limit."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number. Raises click.BadParameter if it is not finite or is outside the range."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number
