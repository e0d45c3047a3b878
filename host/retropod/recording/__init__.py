"""Recordings of other sensors for replay, score, sim and import: files, units, axes and plausibility."""

from retropod.recording.load import IN_CAPTURE, Recording, load

__all__ = ["IN_CAPTURE", "Recording", "load"]
