"""The one board of this process, built by `start` and used by the stand-ins `time` and `machine`."""

clock = None
control = None
chips = {}  # by I2C address
config = {}
wake = {}  # what ends light sleep: name -> (pins, level)
slept_us = -1 << 40  # when the last light sleep ended
flash = None
uart = None
