"""The virtual pod: the real firmware on a real MicroPython runtime, with simulated chips and a pseudo-terminal."""
