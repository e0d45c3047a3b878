"""Resampling between any two rates with a stated low-pass, in numpy alone."""

import numpy as np
from numpy.typing import NDArray

_CUTOFF = 0.45  # of the lower rate: the -6 dB point; nothing above half that rate may remain
_ZEROS = 16  # zero crossings of the sinc on each side
_KAISER_BETA = 8.0  # about 80 dB of stop band
_PHASES = 4096  # the kernel is tabulated at this many places between two input samples
_CHUNK = 1 << 16  # output samples at a time: bounds the memory


def resample(values: NDArray[np.float64], from_hz: float, to_hz: float) -> NDArray[np.float64]:
    """(N,k) at `from_hz` to (M,k) at `to_hz`, M = N to_hz / from_hz rounded; sample 0 stays at time 0.

    Linear phase around each output instant, so nothing is delayed. The ends continue with the first and last value.
    Rates equal to within 1e-9 return the input unchanged.
    """
    if abs(from_hz / to_hz - 1) < 1e-9:
        return values
    kernel, reach = _kernel(from_hz, to_hz)
    count = round(len(values) * to_hz / from_hz)
    padded = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
    result = np.empty((count, values.shape[1]))
    for begin in range(0, count, _CHUNK):
        end = min(begin + _CHUNK, count)
        result[begin:end] = _filter(padded, kernel, reach, np.arange(begin, end, dtype=np.float64) * (from_hz / to_hz))
    return result


def _kernel(from_hz: float, to_hz: float) -> tuple[NDArray[np.float64], int]:
    """Table (phases, taps), every phase with gain 1 at rest, and how far it reaches to each side in samples."""
    cutoff = _CUTOFF * min(from_hz, to_hz) / from_hz  # cycles per input sample
    reach = int(np.ceil(_ZEROS / (2 * cutoff)))
    taps = np.arange(-reach + 1, reach + 1)
    distance = taps[np.newaxis, :] - np.arange(_PHASES)[:, np.newaxis] / _PHASES
    window = np.i0(_KAISER_BETA * np.sqrt(np.clip(1 - (distance / reach) ** 2, 0, None)))
    table = np.sinc(2 * cutoff * distance) * window
    return table / table.sum(axis=1, keepdims=True), reach


def _filter(
    padded: NDArray[np.float64], kernel: NDArray[np.float64], reach: int, at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Values at the places `at` (in input samples); `padded` has `reach` samples before sample 0."""
    scaled = np.rint(at * _PHASES).astype(np.int64)
    base, phase = scaled // _PHASES, scaled % _PHASES
    result = np.zeros((len(at), padded.shape[1]))
    for tap in range(kernel.shape[1]):
        index = np.minimum(base + tap + 1, len(padded) - 1)
        result += kernel[phase, tap][:, np.newaxis] * padded[index]
    return result
