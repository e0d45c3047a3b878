"""Builds of the app: compiled and smaller than the sources for the pod, folded for tests."""
