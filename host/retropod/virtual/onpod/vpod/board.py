"""The board of this process, built by `start` and used by the stand-ins `time` and `machine`."""

clock = None
control = None
chips = {}  # by I2C address
config = {}
wake = {}  # sources that end light sleep: name -> (pins, level)
slept_us = -1 << 40  # when the last light sleep ended
flash = None
uart = None
meter = None  # charges the firmware's CPU time; None: without costs
counts = None  # of file accesses and imports, with costs only
ready = False  # True after the start of the app


def line_baud() -> int:
    """Return the bit/s of the console's line, 0 if the line has flow control."""
    return uart.baud() if uart and config["uart"] else config["line_baud"]
