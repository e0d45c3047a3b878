"""Stored runs: download, local store, reading, timing."""
