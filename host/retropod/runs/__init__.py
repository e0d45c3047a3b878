"""Stored runs: fetched from a pod, kept here, read again."""
