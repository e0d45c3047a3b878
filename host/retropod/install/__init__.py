"""Puts the pod's app on a board that runs stock MicroPython."""
