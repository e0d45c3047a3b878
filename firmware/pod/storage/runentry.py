"""Summary of a stored run, from its file."""

from pod.storage.runs import BY_FULL
from retrowire import codec, runfile, schema
from retrowire.headbytes import HEADER_MAX

_STOPPED = codec.value("event", "stopped")
_EVENT_BYTES = codec.size(schema.EVENT)
_STRIDE_BYTES = codec.size(schema.STRIDE)
_TRAILER = _EVENT_BYTES + runfile.BLOCK_AROUND
_HOPS = 8  # block heads read per step
_CONTINUES = codec.flag("run", "continues")
_RAW = codec.flag("run", "raw")
_FULL = codec.flag("run", "full")
_DAMAGED = codec.flag("run", "damaged")


def last_open(runs, texts):
    """Return the entry of the newest run if a power failure or reset ended it, else None.

    Erases empty runs. Raises OSError if the flash fails.
    """
    run = runs.highest
    while run:
        try:
            entry = Entry(runs, run, texts)
        except OSError:
            return None  # This run was erased.
        entry.close()
        if entry.size:
            return None if entry.ended else entry
        runs.discard(run)
        run -= 1
    return None


class Entry:
    """Summary of one run, complete when `step` has returned True. Raises OSError if the run is missing."""

    def __init__(self, runs, run: int, texts):
        """`texts`: a runheader.Texts."""
        self.run = run
        self.start_s = codec.none("I")
        self.strides = 0
        self.continues = False
        self.raw = False
        self.full = False
        self.damaged = False
        self.ended = False  # by a `stopped` event
        self._runs = runs
        self._file = runs.open(run)
        try:
            self.size = self._file.seek(0, 2)
            self._at = self._read_header(texts)
            ending = _ending(self._file, self.size)
        except OSError:
            self.close()  # Close it now: a garbage collection could close it while the file system is in use.
            raise
        known = runs.counted.get(run)
        if ending:
            self.ended = True
            self.strides = ending[4]
            self.full = ending[5] == BY_FULL
            self._at = self.size
        elif known and known[0] == self.size:
            self.strides = known[1]
            self._at = self.size

    def step(self) -> bool:
        """Count a few blocks of a run without a `stopped` event. Return True when the summary is complete."""
        for _ in range(_HOPS):
            if not self._hop():
                self._runs.counted[self.run] = (self.size, self.strides)
                self.close()
                return True
        return False

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _hop(self) -> bool:
        if self._at + runfile.BLOCK_AROUND > self.size:
            return False
        self._file.seek(self._at)
        head = self._file.read(runfile.BLOCK_HEAD)
        length = runfile.block_length(head, 0)
        if not length:
            return False  # The host finds blocks after the damage.
        if head[2] == runfile.STRIDES:
            self.strides += (length - runfile.BLOCK_AROUND) // _STRIDE_BYTES
        elif head[2] == runfile.RAW:
            self.raw = True
        self._at += length
        return True

    def _read_header(self, texts) -> int:
        self._file.seek(0)
        try:
            length, self.start_s, self.continues, self.raw = texts.read(self._file.read(HEADER_MAX))
        except ValueError:
            self.damaged = self.size > 0
            return self.size
        return length

    def flags(self) -> int:
        """Return bits of the schema's `run` flags, except those that only the recorder knows."""
        bits = _CONTINUES if self.continues else 0
        bits |= _RAW if self.raw else 0
        bits |= _FULL if self.full else 0
        return bits | (_DAMAGED if self.damaged else 0)


def _ending(file, size: int):
    """Return the values of the `stopped` event at the end of the run, or None. Keeps the file's position."""
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
