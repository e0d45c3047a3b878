"""Demo session without hardware: on a virtual pod, or played back from a capture if no virtual pod can run."""
