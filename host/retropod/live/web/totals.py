"""Sums of a session by direction, in constant time for each stride."""

from dataclasses import dataclass

from retropod.insight.context import RunContext
from retropod.insight.measures import distance, number, time
from retropod.insight.stride import Stride


@dataclass
class Total:
    """Strides in a direction, their time in s, and the sum of their reliable lengths in m, None without one."""

    strides: int = 0
    time_s: float = 0.0
    distance_m: float | None = None

    def add(self, stride: Stride) -> None:
        """Add a stride with the metrics of `insight`: all three are sums over the strides."""
        one, context = (stride,), RunContext()
        self.strides += int(number(one, context).value or 0)
        self.time_s += time(one, context).value or 0.0
        length_m = distance(one, context).value
        if length_m is not None:
            self.distance_m = (self.distance_m or 0.0) + length_m
