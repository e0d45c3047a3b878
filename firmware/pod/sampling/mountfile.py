"""Reads and checks the stored mount. Loaded on demand."""

import json

from pod.storage import store
from retrowire import codec

_NONE = codec.value("mount", "none")
_STATES = (_NONE, codec.value("mount", "given"), codec.value("mount", "verified"), codec.value("mount", "suspect"))
_UNITY = (16384, 0, 0, 0, 16384, 0, 0, 0, 16384)


def is_rotation(m) -> bool:
    """Return whether the rows are orthogonal, of length 1 and right-handed, within 3 %."""
    rows = [[value / 16384 for value in m[i : i + 3]] for i in (0, 3, 6)]
    for i in range(3):
        for j in range(i, 3):
            product = sum([rows[i][k] * rows[j][k] for k in range(3)])
            if abs(product - (1 if i == j else 0)) > 0.03:
                return False
    x, y, z = rows
    volume = sum([x[i] * (y[i - 2] * z[i - 1] - y[i - 1] * z[i - 2]) for i in range(3)])
    return volume > 0


def stored(path: str) -> tuple:
    """Return (state, state to return to from `suspect`, matrix) from the file; NONE and unity if it is damaged."""
    try:
        held = json.loads(store.read(path))
        matrix = tuple(held["matrix"])
        state, trusted = held["state"], held.get("trusted", _NONE)
        if len(matrix) == 9 and is_rotation(matrix) and state in _STATES and trusted in _STATES:
            return state, trusted, matrix
    except (ValueError, KeyError, TypeError):
        pass
    return _NONE, _NONE, _UNITY
