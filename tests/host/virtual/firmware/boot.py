"""Leaves a trace of every start on the flash."""

try:
    with open("/boots") as stored:
        count = int(stored.read())
except OSError:
    count = 0
with open("/boots", "w") as stored:
    stored.write(str(count + 1))
