"""Metrics of strides. Each metric is defined once, with one unit."""
