"""Recordings as npz files, which `load` reads."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retropod.recording.units import G_M_S2


def in_shoe(
    index: NDArray[np.int64],
    counts: NDArray[np.int16],
    rate_hz: float,
    matrix: Sequence[float],
    acc_lsb_g: float,
    gyr_lsb_dps: float,
) -> dict[str, Any]:
    """Return the arrays of a recording: evenly spaced samples in the shoe frame, in m/s^2 and rad/s.

    `index` (N,), increasing: position of each sample. `counts` (N, 3 or 6) in chip axes. `matrix`: rotation from chip
    to shoe axes, row by row. Gaps are filled by linear interpolation and listed in `gaps` (M, 2): [first, end) of the
    missing samples.
    """
    whole = np.arange(index[0], index[-1] + 1)
    even = np.column_stack([np.interp(whole, index, axis) for axis in counts.T])
    rotation = np.array(matrix).reshape(3, 3)
    before = np.flatnonzero(np.diff(index) > 1)
    fields: dict[str, Any] = {
        "fs": rate_hz,
        "gaps": np.column_stack([index[before] + 1, index[before + 1]]) - index[0],
        "acc": _rotated(even[:, :3], rotation, acc_lsb_g * G_M_S2),
    }
    if counts.shape[1] == 6:
        fields["gyr"] = _rotated(even[:, 3:], rotation, np.radians(gyr_lsb_dps))
    return fields


def _rotated(counts: NDArray[np.float64], rotation: NDArray[np.float64], unit: float) -> NDArray[np.float32]:
    return np.asarray(counts @ rotation.T * unit, np.float32)


def compressed(**arrays: Any) -> bytes:
    """Return the contents of an npz file."""
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()
