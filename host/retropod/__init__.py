"""Host side of retropod: find a pod, watch it live, download its runs, compute metrics."""

__version__ = "0.1.0"
