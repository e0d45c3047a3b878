"""The one board of this process, built by `start` and used by the stand-ins `time` and `machine`."""

clock = None
control = None
chips = {}  # by I2C address
config = {}
flash = None
