"""Repair of a pod that does not work, and rescue of its runs."""
