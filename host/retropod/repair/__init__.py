"""Repair of a pod that does not start, and rescue of its runs."""
