"""Installation of MicroPython and of the app on a board, and updates of the app."""
