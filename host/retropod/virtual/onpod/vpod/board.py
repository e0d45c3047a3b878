"""The one board of this process, built by `start` and used by the stand-ins `time` and `machine`."""

clock = None
control = None
chips = {}  # by I2C address
config = {}
wake = {}  # what ends light sleep: name -> (pins, level)
slept_us = -1 << 40  # when the last light sleep ended
flash = None
uart = None
meter = None  # charges the firmware's CPU time; None: nothing costs anything
counts = None  # of file accesses and imports, with costs only
ready = False  # the app's start is over


def line_baud() -> int:
    """Bit/s of the console's line, 0 where it has flow control of its own."""
    return uart.baud() if uart and config["uart"] else config["line_baud"]
