"""Conventions of the int32 state arrays and the sample rings that both modes share."""

from micropython import const

ZERO = const(1 << 29)  # Added to signed values in int32 state. A 64-bit runtime loads int32 without its sign.
RING_MASK = const(511)  # A ring has 512 averaged samples: sample k is at k & RING_MASK.
