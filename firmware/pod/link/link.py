"""Frames on a byte stream that is shared with the REPL. It knows no message.

An interrupt request stops the app. It is byte 3 (Ctrl-C) as the first byte after 50 ms without input, or directly after
a carriage return that is the first byte after 30 ms or that follows the end of a frame. mpremote sends the second form.
Anywhere else byte 3 is data. Every byte after an interrupt request stays unread, for the REPL.

The pod measures the silence from the last byte that it read to a read that found nothing. If the pod was busy for
20 ms, it cannot know how long the input was silent. Then it takes a carriage return, byte 3 and either another carriage
return or nothing as an interrupt request. Three bytes of a frame match that by chance in 1 of 16 million, and the host
numbers its frames so that they hardly ever contain byte 3.
"""

KEPT_FREE = 3  # frames of the queue that long answers leave free for streams and short answers
_STOP = 0x03
_RETURN = 0x0D
_QUIET_MS = 50
_PAUSE_MS = 30
_UNSEEN_MS = 20
_READ_BYTES = 300  # more than the ESP32's ring holds
_READ_MS = 8  # time budget of one read step; a FIFO holds at least 160 ms
_WRITE_BYTES = 128  # size of a UART's hardware queue; a longer write blocks
_UART_BYTES = 120  # limit of one write step, because the clocks of UART and pod differ slightly
_BURST_BYTES = 4096  # limit of one write step to a port with flow control

# How far the input has matched an interrupt request.
_NO, _RETURN_SEEN, _RETURN_UNSURE, _STOP_UNSURE = 0, 1, 2, 3


class Link:
    """Reads frames, and writes frames from a bounded queue.

    `frame`: the last whole frame, with `message`, `sequence`, `payload` and `length`. `unread`: the last read may have
    left bytes unread. Counters: `heard` whole frames, `dropped` frames that did not fit in the queue. `stopped` is set
    once, by the interrupt request described above. `watch`: None, or an object whose `step(elapsed_ms)` runs while the
    line has another rate.
    """

    def __init__(self, port, decoder, encode_into, frame_bytes: int, frames: int, ticks_us, ticks_diff):
        """`ticks_us`, `ticks_diff`: as in MicroPython's `time`. Call `set_line` before the first `step`."""
        self.stopped = False
        self.dropped = 0
        self.heard = 0
        self.unread = False
        self.watch = None
        self._port = port
        self.frame = decoder
        self._encode_into = encode_into
        self._frames = [bytearray(frame_bytes) for _ in range(frames)]
        self._lengths = [0] * frames
        self._first = 0
        self._queued = 0
        self._sent = 0  # bytes of the first frame that were written
        self._sequence = 0
        self._ticks_us = ticks_us
        self._ticks_diff = ticks_diff
        self._byte_ns = 0  # duration of a byte on the line: start, eight bits, stop
        self._written_us = 0
        self._credit_us = 0  # of line time that the UART's queue has room for
        self._read_us = ticks_us()  # of the last byte
        self._asked_us = self._read_us  # of the last read, with or without a byte
        self._quiet = False
        self._paused = False
        self._match = _NO
        self._zeros = 0  # in a row: one ends a frame, two begin one
        # An interrupt request may have come while the pod was starting. A byte 3 alone does not count then: it may be
        # part of a frame.
        self._starting = True

    @property
    def damaged(self) -> int:
        """Number of frames that were damaged or too long."""
        return self.frame.damaged + self.frame.oversize

    @property
    def idle(self) -> bool:
        """True if the queue is empty."""
        return self._queued == 0

    def set_line(self, line_rate: int) -> None:
        """Set the baud rate of the line, so that writing never blocks. 0: the port has its own flow control."""
        per_s = max(1, line_rate // 10)
        self._byte_ns = (1_000_000_000 + per_s - 1) // per_s if line_rate else 0  # every sum stays a small integer
        self._written_us = self._ticks_us()
        self._credit_us = 0

    def free(self) -> int:
        """Return the number of frames that still fit in the queue."""
        return len(self._frames) - self._queued

    def send(self, message: int, payload, length: int) -> bool:
        """Queue a frame with `payload[:length]`. Return False and count it if the queue is full. Allocates nothing."""
        slots = len(self._frames)
        sequence = self._sequence
        self._sequence = (sequence + 1) & 0xFF  # also of a lost frame, so that the receiver detects the gap
        if self._queued == slots:
            self.dropped += 1
            return False
        slot = (self._first + self._queued) % slots
        self._lengths[slot] = self._encode_into(message, sequence, payload, length, self._frames[slot])
        self._queued += 1
        return True

    def step(self, elapsed_ms: int) -> None:
        """Write what may be written now. `elapsed_ms`: since the last step."""
        if not self.stopped:
            self.write()
        if self.watch:
            self.watch.step(elapsed_ms)

    def receive(self) -> bool:
        """Read until a frame is complete, no byte waits or the time budget is used up. Return True for a frame."""
        now = begun = self._ticks_us()
        self.unread = True
        # The last read is so long ago that the input may have paused anywhere in the bytes that wait.
        unseen = self._ticks_diff(now, self._asked_us) >= _UNSEEN_MS * 1000
        for _ in range(_READ_BYTES):
            byte = self._port.read()
            self._asked_us = now = self._ticks_us()
            if byte < 0:
                self.unread = False
                self._note_silence(now)
                return False
            if self._stops(byte, unseen):
                self.stopped = True
                return False
            self._quiet = self._paused = False
            self._read_us = now
            if self.frame.push(byte):
                self.heard = (self.heard + 1) & 0xFFFF
                return True
            if self._ticks_diff(now, begun) >= _READ_MS * 1000:
                return False
        return False

    def _note_silence(self, now: int) -> None:
        if self._match == _STOP_UNSURE:
            self.stopped = True  # Nothing follows byte 3, so it was not part of a frame.
            return
        silent_us = self._ticks_diff(now, self._read_us)
        if not self._paused and silent_us >= _PAUSE_MS * 1000:
            self._paused = True
        if not self._quiet and silent_us >= _QUIET_MS * 1000:
            self._quiet = True
            self.frame.drop()

    def _stops(self, byte: int, unseen: bool) -> bool:
        """Return whether this byte completes the interrupt request."""
        match = self._match
        self._match = _NO
        if self.watch:
            return False  # At another rate the input may be garbage. An interrupt request comes at the line's own rate.
        if byte == _RETURN:
            if match == _STOP_UNSURE:
                return True
            if self._paused or self._starting or self._zeros == 1:
                self._match = _RETURN_SEEN
            elif unseen:
                self._match = _RETURN_UNSURE
        elif byte == _STOP:
            if self._quiet or match == _RETURN_SEEN:
                return True
            if match == _RETURN_UNSURE:
                self._match = _STOP_UNSURE
        self._zeros = min(2, self._zeros + 1) if byte == 0 else 0
        self._starting = False
        return False

    def write(self) -> None:
        """Write what may be written now. Call this often while frames wait: a UART's queue is empty in milliseconds."""
        room = self._room()
        while room > 0 and self._queued:
            went = self._write_some(min(room, _WRITE_BYTES))
            if went == 0:
                return
            room -= went
            self._credit_us -= (went * self._byte_ns + 999) // 1000

    def _room(self) -> int:
        """Return the number of bytes that may be written: as many as the UART has sent, limited to its queue."""
        if self._byte_ns == 0:
            return _BURST_BYTES
        now = self._ticks_us()
        credit = self._credit_us + max(0, self._ticks_diff(now, self._written_us))
        self._written_us = now
        self._credit_us = min(credit, _UART_BYTES * self._byte_ns // 1000)
        return self._credit_us * 1000 // self._byte_ns

    def _write_some(self, most: int) -> int:
        slot = self._first
        left = self._lengths[slot] - self._sent
        went = self._port.write(self._frames[slot], self._sent, min(left, most))
        self._sent += went
        if went == left:
            self._sent = 0
            self._first = (slot + 1) % len(self._frames)
            self._queued -= 1
        return went
