"""Recordings of other sensors for replay, score, sim and import: files, units, axes and plausibility."""

from retropod.recording.load import Recording, load
from retropod.recording.npz import IN_CAPTURE
from retropod.recording.plausible import Doubt
from retropod.recording.units import ACC_UNITS, GYR_UNITS, Interpretation

__all__ = ["ACC_UNITS", "GYR_UNITS", "IN_CAPTURE", "Doubt", "Interpretation", "Recording", "load"]
