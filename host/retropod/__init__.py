"""Host side of retropod: find a pod, watch it live, download what it stored, say what it means."""

__version__ = "0.1.0"
