"""Model of a walking and running foot with a sensor on the shoe. The truth of its signals is known exactly."""

from .recording import LABELS, ModelRecording, TrueStride, save_set
from .scenarios import names, scenario

__all__ = ["LABELS", "ModelRecording", "TrueStride", "names", "save_set", "scenario"]
