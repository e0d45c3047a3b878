"""What stands in for the board: clock, I2C chips, flash and console. It runs on MicroPython."""
