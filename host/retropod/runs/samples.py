"""Decoder for the samples in `raw` messages: plain counts, or Rice-coded frames, many at a time with numpy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retropod.client.messages import RawMessage
from retropod.errors import DamagedData

_BLOCK = 16  # samples
_SCALE = 96
_ESCAPE = 16  # leading zeros without a final one bit: a plain value of 20 bits follows
_ESCAPED_BITS = 20
_PADDING = 4  # words after the last frame, because a window covers four words

Words = NDArray[np.uint64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class RawSamples:
    """`counts` (N, axes), 3 or 6 axes, in chip axes, and the `index` (N,) of each sample since the sensor's start."""

    index: Integers
    counts: NDArray[np.int16]


def decode(messages: Sequence[RawMessage]) -> RawSamples:
    """Return the samples of `raw` messages, in message order.

    The compressed format is defined by `_kernel_rice.py` of the firmware. Raises DamagedData for an invalid frame.
    """
    if not messages:
        return RawSamples(np.empty(0, np.int64), np.empty((0, 6), np.int16))
    axes = messages[0].axes
    if axes not in (3, 6):
        raise DamagedData(f"raw samples with {axes} axes")
    if any(not 0 < message.count <= 8 * len(message.data) for message in messages):
        raise DamagedData("a raw message claims more samples than its bytes can hold")
    if any(message.axes != axes for message in messages):
        raise DamagedData("raw samples with 3 and with 6 axes in one run")
    parts: list[NDArray[np.int16] | None] = [None] * len(messages)
    packed: dict[int, list[int]] = {}
    for at, message in enumerate(messages):
        if message.encoding == "rice":
            packed.setdefault(message.count, []).append(at)
        else:
            parts[at] = _plain(message)
    for count, places in packed.items():
        frames = _unpack([messages[at].data for at in places], count, axes)
        for at, frame in zip(places, frames, strict=True):
            parts[at] = frame
    index = np.concatenate([np.arange(m.sample, m.sample + m.count, dtype=np.int64) for m in messages])
    return RawSamples(index, np.concatenate([part for part in parts if part is not None]))


def _plain(message: RawMessage) -> NDArray[np.int16]:
    if message.encoding != "counts":
        raise DamagedData(f"unknown encoding of raw samples: {message.encoding}", "pip install --upgrade retropod")
    if len(message.data) != 2 * message.axes * message.count:
        raise DamagedData("the length of a raw message does not match its sample count")
    return np.frombuffer(message.data, "<i2").reshape(message.count, message.axes)


def _unpack(frames: list[bytes], count: int, axes: int) -> NDArray[np.int16]:
    """Decode frames with `count` samples each, all frames in parallel, to shape (frames, count, axes)."""
    if any(len(frame) < 2 * axes or len(frame) % 2 for frame in frames):
        raise DamagedData("a raw message is too short")
    reader = _Bits(frames, axes)
    out = np.empty((len(frames), count, axes), np.int16)
    out[:, 0] = np.stack([np.frombuffer(frame[: 2 * axes], "<i2") for frame in frames])
    state = [_Axis(out[:, 0, axis]) for axis in range(axes)]
    for first in range(0, count, _BLOCK):
        last = min(first + _BLOCK, count)
        for axis in range(axes):
            for n in range(max(first, 1), last):
                out[:, n, axis] = state[axis].step(reader, (last - 1 - n) % 4 == 0)
    reader.check()
    return out


class _Bits:
    """Bit streams of many frames, read in parallel. `at` is the bit position in each."""

    _LEADING = np.array([16 - value.bit_length() for value in range(1 << 16)], np.int64)

    def __init__(self, frames: list[bytes], axes: int):
        lengths = np.array([len(frame) // 2 for frame in frames])
        words = np.frombuffer(b"".join(frames) + bytes(2 * _PADDING), "<u2").astype(np.uint64)
        ends = np.cumsum(lengths)
        self.at: Integers = (ends - lengths + axes) * 16
        self._end = ends * 16
        self._last = len(words) - _PADDING
        run = words[: self._last + 1]
        self._windows: Words = (
            run << np.uint64(48)
            | words[1 : self._last + 2] << np.uint64(32)
            | words[2 : self._last + 3] << np.uint64(16)
            | words[3 : self._last + 4]
        )

    def code(self, k: Integers) -> Integers:
        """Read the next Rice code of every frame. `k` (frames,) is the number of low bits."""
        place = np.minimum(self.at >> 4, self._last)
        window = self._windows[place] << (self.at & 15).astype(np.uint64)
        zeros = self._LEADING[(window >> np.uint64(48)).astype(np.int64)]
        escaped = zeros == _ESCAPE
        bits = np.where(escaped, _ESCAPED_BITS, k)
        head = zeros + np.where(escaped, 0, 1)
        # Two shifts, because numpy ignores a shift by 64.
        low = (window << head.astype(np.uint64)) >> np.uint64(1) >> (63 - bits).astype(np.uint64)
        self.at += head + bits
        return np.where(escaped, 0, zeros << k) + low.astype(np.int64)

    def check(self) -> None:
        """Raise DamagedData if a frame was read past its end or not up to it."""
        if ((self.at > self._end) | (self.at <= self._end - 16)).any():
            raise DamagedData("the samples of a raw message do not end at its end")


class _Axis:
    """Adaptive predictor of one axis, for all frames."""

    def __init__(self, first: NDArray[np.int16]):
        self._x = first.astype(np.int64)
        zero = np.zeros(len(first), np.int64)
        self._step, self._change, self._balance = zero, zero, zero
        self._scale = np.full(len(first), _SCALE, np.int64)

    def step(self, bits: _Bits, adapts: bool) -> Integers:
        """Return the next sample of every frame. `adapts`: update the choice of the predictor."""
        z = bits.code(_least_k(self._scale))
        self._scale = z + (self._scale >> 1)
        error = np.where(z & 1, ~(z >> 1), z >> 1)
        second = self._balance > 0
        drift = self._step + (self._change >> 1)  # difference of the second predictor to the first
        step = np.where(second, error + drift, error)
        if adapts:
            first_error, second_error = _fold(step), _fold(step - drift)
            self._balance = self._balance + first_error - second_error - (self._balance >> 2)
        self._change = step - self._step
        self._step = step
        self._x = self._x + step
        return self._x


def _fold(error: Integers) -> Integers:
    return np.where(error < 0, ~(2 * error), 2 * error)


def _least_k(scale: Integers) -> Integers:
    """Return the least k with 3 << k > scale: the bit length of scale // 3."""
    return np.frexp((scale // 3).astype(np.float64))[1].astype(np.int64)
