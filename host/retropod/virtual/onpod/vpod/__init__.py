"""What stands in for the board: clock, I2C chips, flash and console. Runs on MicroPython, imports neither host nor pod."""
