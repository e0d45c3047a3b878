"""The raw samples of a run as a recording, which `replay`, `sim` and `import` read."""

from typing import Any

import numpy as np

from retropod.errors import DamagedData, OperationFailed
from retropod.export.rows import RunSource
from retropod.insight import events
from retropod.recording.load import most_samples
from retropod.recording.write import compressed, in_shoe
from retropod.runs.reader import Run
from retropod.runs.samples import decode


def recording(source: RunSource) -> bytes:
    """Return the npz file of a run: `acc` in m/s^2, `gyr` in rad/s, `fs` in Hz and `gaps`, in the shoe frame.

    Raises OperationFailed without raw samples, and DamagedData if these form no recording.
    """
    run, header = source.whole(), source.run.header
    if not run.raw:
        raise OperationFailed(
            f"{source.name} has no raw samples", "record them with `retropod record start --raw`, or export CSV"
        )
    samples, rate_hz = decode(run.raw), _rate_hz(run)
    if not rate_hz or not header.acc_lsb_ug:
        raise DamagedData(f"the sample rate or the scale of {source.name} is unknown", "export CSV")
    span = int(samples.index[-1]) - int(samples.index[0]) + 1
    if (np.diff(samples.index) <= 0).any() or span > most_samples(rate_hz):
        raise DamagedData(
            f"the raw samples of {source.name} are not in order, or too many for a recording", "export CSV"
        )
    matrix = header.matrix if any(header.matrix) else np.eye(3).ravel().tolist()
    units = header.acc_lsb_ug, header.gyr_lsb_udps or 0.0
    return compressed(**in_shoe(samples.index, samples.counts, rate_hz, matrix, *units))


def _rate_hz(run: Run) -> float | None:
    """Return the sample rate that the pod measured last."""
    measured: list[Any] = [events.as_json(event).get("rate_hz") for event in run.events if event.kind == "rate"]
    return measured[-1] if measured else run.header.rate_mhz
