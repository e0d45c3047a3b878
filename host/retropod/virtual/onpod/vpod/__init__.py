"""Models of the board: clock, I2C chips, flash and console. They run on MicroPython."""
