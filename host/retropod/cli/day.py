"""Dates of options."""

from datetime import datetime
from typing import Any

import click

_FIRST, _LAST = datetime(1970, 1, 2), datetime(9998, 12, 31)  # A time zone must not lead out of the range of datetime.


class Day(click.DateTime):
    """A day YYYY-MM-DD from 1970 to 9998, as its local midnight."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the day. Raises click.BadParameter."""
        day: datetime = super().convert(value, param, ctx)
        if not _FIRST <= day <= _LAST:
            self.fail(f"{day.date()} is not between {_FIRST.date()} and {_LAST.date()}", param, ctx)
        return day
