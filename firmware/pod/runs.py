"""The stored runs: files `NNNNNN.run` in one folder, numbers never used twice."""

import os

from pod import store
from retrowire import codec, runfile, schema

_STOPPED = codec.value("event", "stopped")
_EVENT_BYTES = codec.size(schema.EVENT)
_STRIDE_BYTES = codec.size(schema.STRIDE)
_TRAILER = _EVENT_BYTES + runfile.BLOCK_AROUND
_HOPS = 8  # block heads that one step of a count reads
_CONTINUES = codec.flag("run", "continues")
_RAW = codec.flag("run", "raw")
_FULL = codec.flag("run", "full")
_DAMAGED = codec.flag("run", "damaged")
# Why a run ended, in its `stopped` event.
BY_HOST, BY_FULL, BY_APP, BY_STILLNESS, BY_BUTTON, BY_BATTERY = 0, 1, 2, 3, 4, 5


class Runs:
    """Folder of run files. `counter`: file that holds the highest number ever used."""

    def __init__(self, folder: str, counter: str):
        self._folder = folder
        self._counter = counter
        self._strides = {}  # run -> (size, strides) of those that had to be counted
        try:
            os.mkdir(folder)
        except OSError:
            pass  # it is there; if it cannot be made, the first run says so

    def path(self, run: int) -> str:
        """Where a run is kept."""
        return "%s/%06d.run" % (self._folder, run)

    def numbers(self) -> list:
        """Numbers of all runs that are there, ascending."""
        numbers = []
        for name in os.listdir(self._folder):
            if name.endswith(".run") and name[:-4].isdigit():
                numbers.append(int(name[:-4]))
        return sorted(numbers)

    def new_number(self) -> int:
        """A number that no run has had. OSError when the flash is full."""
        numbers = self.numbers()
        number = max(store.read_number(self._counter), numbers[-1] if numbers else 0) + 1
        store.write_number(self._counter, number)
        return number

    def size(self, run: int) -> int:
        """Bytes that are safely stored. OSError when there is no such run."""
        return os.stat(self.path(run))[6]

    def open(self, run: int):
        """The run's file, for reading. OSError when there is none."""
        return open(self.path(run), "rb")

    def remove(self, run: int) -> None:
        """Erase a run."""
        os.remove(self.path(run))
        self._strides.pop(run, None)

    def last_open(self) -> int:
        """The newest run, if it has not been ended in order: power failed, or a reset. 0 if there is none."""
        numbers = self.numbers()
        if not numbers:
            return 0
        with self.open(numbers[-1]) as file:
            return 0 if _ending(file, self.size(numbers[-1])) else numbers[-1]


class Entry:
    """What is to be said about one run. `step` until it returns True; then the attributes stand."""

    def __init__(self, runs: Runs, run: int):
        self.run = run
        self.size = runs.size(run)
        self.start_s = codec.none("I")
        self.strides = 0
        self.continues = False
        self.raw = False
        self.full = False
        self.damaged = False
        self._runs = runs
        self._file = runs.open(run)
        self._at = self._read_header()
        ending = _ending(self._file, self.size)
        known = runs._strides.get(run)
        if ending:
            self.strides = ending[4]
            self.full = ending[5] == BY_FULL
            self._at = self.size
        elif known and known[0] == self.size:
            self.strides = known[1]
            self._at = self.size

    def step(self) -> bool:
        """Count a few blocks of a run that nobody ended in order. True when all is known."""
        for _ in range(_HOPS):
            if not self._hop():
                self._runs._strides[self.run] = (self.size, self.strides)
                self.close()
                return True
        return False

    def close(self) -> None:
        """Done with the file."""
        self._file.close()

    def _hop(self) -> bool:
        if self._at + runfile.BLOCK_AROUND > self.size:
            return False
        self._file.seek(self._at)
        head = self._file.read(runfile.BLOCK_HEAD)
        length = runfile.block_length(head, 0)
        if not length:
            return False  # the host finds what stands behind the damage
        if head[2] == runfile.STRIDES:
            self.strides += (length - runfile.BLOCK_AROUND) // _STRIDE_BYTES
        elif head[2] == runfile.RAW:
            self.raw = True
        self._at += length
        return True

    def _read_header(self) -> int:
        try:
            header = runfile.read_header(self._file.read(runfile.HEADER_MAX))
        except ValueError:
            self.damaged = True
            return self.size
        self.start_s = header["values"]["epoch_s"]
        self.continues = header["values"]["continues"] != 0
        self.raw = schema.RAW in header["messages"]
        return header["length"]

    def flags(self) -> int:
        """Bits of the schema's `run` flags, but those that only the recorder knows."""
        bits = _CONTINUES if self.continues else 0
        bits |= _RAW if self.raw else 0
        bits |= _FULL if self.full else 0
        return bits | (_DAMAGED if self.damaged else 0)


def _ending(file, size: int):
    """Values of the event that ends the run in order, None when there is none. Leaves the file's position."""
    if size < _TRAILER:
        return None
    here = file.seek(0, 1)
    file.seek(size - _TRAILER)
    block = file.read(_TRAILER)
    file.seek(here)
    if (
        runfile.block_length(block, 0) != _TRAILER
        or block[2] != runfile.EVENTS
        or not runfile.block_whole(block, 0, _TRAILER)
    ):
        return None
    values = codec.unpack(schema.EVENT, block, runfile.BLOCK_HEAD, _TRAILER - 4)
    return values if values[0] == _STOPPED else None
