"""Frames on a byte stream that is shared with the REPL; knows no message.

Who stops the app: byte 3 (Ctrl-C), but only as the first byte after 50 ms without input, or right after a carriage
return in that place (or as the first byte ever), which is how mpremote knocks. Anywhere else it is data. Every byte
after it stays unread, for the REPL. Silence counts only where the input was looked at and found empty: while the pod
was busy, bytes may have waited.
"""

KEPT_FREE = 3  # frames of the queue that long answers leave to streams and short answers
_STOP = 0x03
_KNOCK = 0x0D
_QUIET_MS = 50
_CREDIT_MS = 10  # most silence that one empty look can prove
_STEP_BYTES = 300  # more than the ESP32's ring holds: one step empties it
_WRITE_BYTES = 128  # a UART's hardware queue; what is longer blocks
_UART_BYTES = 120  # most that is asked of it at once: its clock is not quite ours
_BURST_BYTES = 4096  # at once where the port takes what it can


class Link:
    """Reads frames and hands them to `on_frame(message, sequence, payload, length)`; writes from a bounded queue.

    Counters: `heard` whole frames, `dropped` frames that found the queue full. `stopped` is set once, by the knock
    described above. `watch`: None, or what `step(elapsed_ms)` is passed on to while the line is not at its own rate.
    """

    def __init__(self, port, decoder, encode_into, frame_bytes: int, frames: int, ticks_us, ticks_diff):
        """`ticks_us`, `ticks_diff`: as in MicroPython's `time`. `set_line` says how fast the line is."""
        self.stopped = False
        self.dropped = 0
        self.heard = 0
        self.watch = None
        self.on_frame = None
        self._port = port
        self._decoder = decoder
        self._encode_into = encode_into
        self._frames = [bytearray(frame_bytes) for _ in range(frames)]
        self._lengths = [0] * frames
        self._first = 0
        self._queued = 0
        self._sent = 0  # bytes of the first frame that are out
        self._sequence = 0
        self._ticks_us = ticks_us
        self._ticks_diff = ticks_diff
        self._byte_ns = 0  # on the line: start, eight bits, stop
        self._written_us = 0
        self._credit_us = 0  # of line time that the UART's queue has room for
        self._quiet_ms = 0
        self._knocked = False
        # A knock may have come while the pod was starting. A byte 3 alone may not: it may stand in a frame that the
        # host was in the middle of.
        self._starting = True

    @property
    def damaged(self) -> int:
        """Frames that came damaged or too long."""
        return self._decoder.damaged + self._decoder.oversize

    @property
    def idle(self) -> bool:
        """Whether nothing waits to be written."""
        return self._queued == 0

    def set_line(self, line_rate: int) -> None:
        """Baud of the line from now on, so that writing never blocks; 0: the port has flow control of its own."""
        per_s = max(1, line_rate // 10)
        self._byte_ns = (1_000_000_000 + per_s - 1) // per_s if line_rate else 0  # no sum leaves the small integers
        self._written_us = self._ticks_us()
        self._credit_us = 0

    def free(self) -> int:
        """How many frames the queue would still take."""
        return len(self._frames) - self._queued

    def send(self, message: int, payload, length: int) -> bool:
        """Queue one frame with `payload[:length]`. False, and counted, when the queue is full. Allocates nothing."""
        slots = len(self._frames)
        sequence = self._sequence
        self._sequence = (sequence + 1) & 0xFF  # of the lost frame too: the receiver sees the gap
        if self._queued == slots:
            self.dropped += 1
            return False
        slot = (self._first + self._queued) % slots
        self._lengths[slot] = self._encode_into(message, sequence, payload, length, self._frames[slot])
        self._queued += 1
        return True

    def step(self, elapsed_ms: int) -> None:
        """Take what has come, write what may go. `elapsed_ms`: since the last step."""
        self._read(elapsed_ms)
        if not self.stopped:
            self.write()
        if self.watch:
            self.watch.step(elapsed_ms)

    def _read(self, elapsed_ms: int) -> None:
        byte = self._port.read()
        if byte < 0:
            self._be_quiet(elapsed_ms)
            return
        for _ in range(_STEP_BYTES):
            if self._stops(byte):
                self.stopped = True
                return
            if self._decoder.push(byte):
                self._hand_on(self._decoder)
            byte = self._port.read()
            if byte < 0:
                return

    def _hand_on(self, decoder) -> None:
        self.heard = (self.heard + 1) & 0xFFFF
        if self.on_frame:
            self.on_frame(decoder.message, decoder.sequence, decoder.payload, decoder.length)

    def _be_quiet(self, elapsed_ms: int) -> None:
        if self._quiet_ms < _QUIET_MS:
            self._quiet_ms += min(elapsed_ms, _CREDIT_MS)
            if self._quiet_ms >= _QUIET_MS:
                self._decoder.drop()

    def _stops(self, byte: int) -> bool:
        first = self._quiet_ms >= _QUIET_MS
        self._quiet_ms = 0
        # at a rate that is not the line's own, rubbish may come, but nobody who knocks
        stops = byte == _STOP and (first or self._knocked) and not self.watch
        self._knocked = (first or self._starting) and byte == _KNOCK
        self._starting = False
        return stops

    def write(self) -> None:
        """Write what may go now. To be called often while frames wait: a UART's queue runs dry in milliseconds."""
        room = self._room()
        while room > 0 and self._queued:
            went = self._write_some(min(room, _WRITE_BYTES))
            if went == 0:
                return
            room -= went
            self._credit_us -= (went * self._byte_ns + 999) // 1000

    def _room(self) -> int:
        """Bytes that may go: what the UART has sent since, and no more than its queue holds."""
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
