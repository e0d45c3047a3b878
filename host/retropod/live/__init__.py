"""Strides as they come: what a person at the terminal sees."""
