"""The app as the pod runs it: compiled, and smaller than its sources."""
