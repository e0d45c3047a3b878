"""What is to be said about a stored run, from its file. Loaded at the start and for a list of runs."""

from pod.recorder import RecorderError
from pod.runs import BY_FULL
from retrowire import codec, rows, runfile, schema
from retrowire.runhead import HEADER_MAX, read_header

_STOPPED = codec.value("event", "stopped")
_EVENT_BYTES = codec.size(schema.EVENT)
_STRIDE_BYTES = codec.size(schema.STRIDE)
_TRAILER = _EVENT_BYTES + runfile.BLOCK_AROUND
_HOPS = 8  # block heads that one step of a count reads
_CONTINUES = codec.flag("run", "continues")
_RAW = codec.flag("run", "raw")
_FULL = codec.flag("run", "full")
_DAMAGED = codec.flag("run", "damaged")
_WHAT_RAW = codec.flag("what", "raw")
_BY_RESET = codec.value("started_by", "reset")
_STORAGE = codec.value("fault", "storage")


def resume(recorder, runs, faults) -> None:
    """Go on with a run that was open at a reset, as a new run that names it. Nothing to do when there is none."""
    try:
        before = last_open(runs)
        if before:
            entry = Entry(runs, before)
            entry.close()
            recorder.start(_WHAT_RAW if entry.raw else 0, before, _BY_RESET)
    except OSError as error:
        faults.add(_STORAGE, "last run: %s" % error)
    except RecorderError as error:
        faults.add(_STORAGE, "last run: %s" % rows.name("error", error.code))


def last_open(runs) -> int:
    """The newest of them, if it has not been ended in order: power failed, or a reset. 0 if there is none."""
    numbers = runs.numbers()
    if not numbers:
        return 0
    with runs.open(numbers[-1]) as file:
        return 0 if _ending(file, runs.size(numbers[-1])) else numbers[-1]


class Entry:
    """What is to be said about one run. `step` until it returns True; then the attributes stand."""

    def __init__(self, runs, run: int):
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
        known = runs.counted.get(run)
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
                self._runs.counted[self.run] = (self.size, self.strides)
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
            header = read_header(self._file.read(HEADER_MAX))
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
