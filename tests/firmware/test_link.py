"""The link: bytes that stop the app, the cost of a lost byte, and its bounded queue."""

import random

import pytest

from pod.link.link import Link
from retrowire import framing

TURN_MS = 6  # a turn of the main loop
RING = 259  # bytes that an ESP32 keeps; what comes beyond is gone
BYTE_MS = 0.087  # at 115,200 baud
# The worst payloads: what stops the app where it may, and what precedes it there.
SUSPICIOUS = [bytes([3] * 40), bytes([13, 3] * 20), bytes(range(40)), bytes([0] * 20 + [3] * 20)]


class Line:
    """`arrivals`: (time in ms, byte), ascending. `written`: the pod's writes, call by call."""

    def __init__(self, arrivals=()):
        self.arrivals = list(arrivals)
        self.ring = bytearray()
        self.written = []
        self.capacity = 10**9
        self.now_ms = 0

    def until(self, now_ms):
        while self.arrivals and self.arrivals[0][0] <= now_ms:
            byte = self.arrivals.pop(0)[1]
            if len(self.ring) < RING:
                self.ring.append(byte)

    def read(self):
        return self.ring.pop(0) if self.ring else -1

    def write(self, buf, start, length):
        took = min(length, self.capacity)
        self.written.append(bytes(buf[start : start + took]))
        return took


def link_on(line, frames=8, line_rate=0):
    decoder = framing.Decoder(framing.MAX_HOST_FRAME)
    size = framing.MAX_POD_FRAME
    link = Link(
        line, decoder, framing.encode_into, size, frames, lambda: int(line.now_ms * 1000), lambda new, old: new - old
    )
    link.set_line(line_rate)
    return link


def step(link, elapsed_ms=TURN_MS, sequences=None):
    """Read, and note the sequence of a whole frame; then write."""
    if link.receive() and sequences is not None:
        sequences.append(link.frame.sequence)
    link.step(elapsed_ms)


def run(link, line, end_ms, stalls=(), sequences=None):
    """Turn the loop until `end_ms`; `stalls`: (time, duration) in ms at which the pod is busy with something else."""
    stalls = list(stalls)
    now = last = 0
    while now < end_ms and not link.stopped:
        now += TURN_MS
        if stalls and now >= stalls[0][0]:
            now += stalls.pop(0)[1]
        line.until(now)
        line.now_ms = now
        step(link, now - last, sequences)
        last = now


def host_frame(message, sequence, payload):
    out = bytearray(framing.MAX_HOST_FRAME)
    return bytes(out[: framing.encode_into(message, sequence, payload, len(payload), out, True)])


def arrivals(pieces):
    """[(pause before in ms, bytes)] as bytes that come one after the other."""
    now, out = 100.0, []
    for pause_ms, data in pieces:
        now += pause_ms
        for byte in data:
            now += BYTE_MS
            out.append((now, byte))
    return out


def session(seed, frames=14, payloads=SUSPICIOUS):
    """A host's side of a session: requests, some close together, some after a silence."""
    draw = random.Random(seed)
    pieces = []
    for sequence in range(frames):
        payload = draw.choice([*payloads, bytes(draw.choices(range(256), k=draw.randrange(1, 48)))])
        pieces.append((draw.choice([0, 5, 40, 60, 200]), host_frame(draw.randrange(0x40, 0x5A), sequence, payload)))
    return arrivals(pieces)


def played(stream, stalls=()):
    line = Line(stream)
    link = link_on(line)
    got = []
    run(link, line, stream[-1][0] + 200, stalls, got)
    return link, got, line


def test_undisturbed_session_arrives_whole():
    link, got, _ = played(session(1))
    assert got == list(range(14)) and not link.stopped and link.damaged == 0


@pytest.mark.parametrize("seed", range(4))
def test_loss_of_any_single_byte_never_stops_the_app(seed):
    stream = session(seed)
    for lost in range(len(stream)):
        link, got, _ = played(stream[:lost] + stream[lost + 1 :])
        assert not link.stopped, lost
        assert len(got) >= 13, (lost, got)


@pytest.mark.parametrize("seed", range(4))
def test_loss_of_any_byte_while_the_pod_is_busy_writing_flash(seed):
    # a host numbers its frames so that they contain no byte 3; a frame that does must not have 13, 3, 13 in it
    stream = session(seed, frames=8, payloads=[one for one in SUSPICIOUS if b"\r\x03\r" not in one])
    stalls = [(at, 100) for at in range(90, int(stream[-1][0]), 170)]
    for lost in range(len(stream)):
        link, _, _ = played(stream[:lost] + stream[lost + 1 :], stalls)
        assert not link.stopped, lost


def test_flipped_bytes_never_stop_the_app():
    draw = random.Random(5)
    stream = session(7)
    for at in range(len(stream)):
        when, byte = stream[at]
        link, _, _ = played([*stream[:at], (when, byte ^ 1 << draw.randrange(8)), *stream[at + 1 :]])
        assert not link.stopped, at


def test_bytes_that_waited_through_a_stall_are_not_first_after_silence():
    """The pod stalls in the middle of a frame; the rest of it waits, and begins with a 3."""
    frame = host_frame(0x41, 0, bytes([3] * 30))
    cut = frame.index(3, 6)
    stream = arrivals([(0, frame[:cut]), (90, frame[cut:])])
    link, _, _ = played(stream, stalls=[(stream[cut - 1][0], 100)])
    assert not link.stopped


def test_control_c_after_silence_stops_and_leaves_the_rest_unread():
    link, _, line = played(arrivals([(0, b"\x03"), (0, b"\x01raw")]))
    assert link.stopped
    assert bytes(line.ring) + bytes(byte for _, byte in line.arrivals) == b"\x01raw"


def test_the_interrupt_of_mpremote_stops():
    link, _, line = played(arrivals([(0, b"\r\x03"), (0, b"\r\x01")]))
    assert link.stopped
    assert bytes(line.ring) + bytes(byte for _, byte in line.arrivals) == b"\r\x01"


@pytest.mark.parametrize("knock", [b"\x03", b"\r\x03"])
def test_an_interrupt_stops_after_a_host_was_killed_at_any_byte(knock):
    frame = host_frame(0x44, 1, bytes(range(1, 31)))
    for cut in range(len(frame) + 1):
        link, _, _ = played(arrivals([(0, frame[:cut]), (120, knock)]))
        assert link.stopped, cut


def test_an_interrupt_during_the_start_of_the_pod():
    for waiting, stops in ((b"\r\x03\r\x01", True), (b"\x03\r\x01", False), (b"x\r\x03", False)):
        link, _, _ = played([(0, byte) for byte in waiting])
        assert link.stopped == stops, waiting


@pytest.mark.parametrize("before", [b"x\x03", b"\r\r\x03", b"\x00\x03", b"x\r\x03"])
def test_control_c_elsewhere_is_data(before):
    assert not played(arrivals([(0, before)]))[0].stopped


def test_unfinished_frame_is_dropped_after_silence():
    whole = host_frame(0x41, 9, b"\x01")
    link, got, _ = played(arrivals([(0, whole[:6]), (80, whole[2:])]))  # no opening zero: only the silence helps
    assert got == [9] and link.damaged == 1


def test_queue_is_bounded_and_counts():
    line = Line()
    link = link_on(line, frames=3)
    payload = bytearray(range(100))
    assert [link.send(0x20, payload, 100) for _ in range(5)] == [True, True, True, False, False]
    assert link.dropped == 2 and link.free() == 0
    step(link)
    assert link.idle and link.free() == 3
    assert link.send(0x21, payload, 4)
    step(link)
    assert sequences(line) == [0, 1, 2, 5]  # the receiver sees that two are missing


def sequences(line):
    decoder = framing.Decoder(framing.MAX_POD_FRAME)
    return [decoder.sequence for byte in b"".join(line.written) if decoder.push(byte)]


def test_writes_are_short_and_survive_a_port_that_takes_little():
    line = Line()
    line.capacity = 50
    link = link_on(line)
    link.send(0x04, bytearray(512), 512)
    for _ in range(4):
        step(link)
    assert link.idle and sequences(line) == [0]
    line.capacity = 10**6
    link.send(0x04, bytearray(range(256)) * 2, 512)
    step(link)
    assert max(map(len, line.written)) <= 128


@pytest.mark.parametrize("line_rate", [9_600, 115_200, 460_800, 921_600])
@pytest.mark.parametrize("turn_us", [900, 3100])
def test_uart_is_never_asked_for_more_than_the_line_carries(line_rate, turn_us):
    line = Line()
    link = link_on(line, line_rate=line_rate)
    per_ms = line_rate / 10_000
    sent, turns = 0, 400
    queued = 0.0  # in the UART
    for _ in range(turns):
        link.send(0x04, bytearray(512), 512)
        line.now_ms += turn_us / 1000
        queued = max(0.0, queued - per_ms * turn_us / 1000)
        link.write()
        went, sent = sum(map(len, line.written)) - sent, sum(map(len, line.written))
        queued += went
        assert queued <= 128
    carries = min(per_ms * turn_us / 1000, 120.0) * turns  # a line that is served too rarely runs dry
    assert sent >= 0.99 * carries - 120


def test_a_rate_that_changes_is_kept_from_then_on():
    line = Line()
    link = link_on(line, line_rate=115_200)
    for line_rate, at_least, at_most in [(115_200, 10, 12), (921_600, 80, 93)]:
        link.set_line(line_rate)
        link.send(0x04, bytearray(512), 512)
        line.written.clear()
        line.now_ms += 1
        link.write()
        assert at_least <= sum(map(len, line.written)) <= at_most


def test_nothing_is_written_unasked():
    line = Line(session(3))
    link = link_on(line)
    run(link, line, 3000)
    assert line.written == []


@pytest.mark.parametrize("stall_ms", [10, 60, 150])
def test_interrupt_request_60_ms_after_a_cut_frame_stops_a_busy_pod(stall_ms):
    frame = host_frame(0x44, 1, bytes(range(1, 31)))
    for cut in range(1, len(frame)):
        stream = arrivals([(0, frame[:cut]), (60, b"\r\x03\r\x01")])
        stalls = [(stream[cut - 1][0] + 1, stall_ms)]
        line = Line(stream)
        link = link_on(line)
        run(link, line, stream[-1][0] + 400, stalls)
        assert link.stopped, cut
        left = bytes(line.ring) + bytes(byte for _, byte in line.arrivals)
        assert left in (b"\r\x01", b"\x01"), cut  # the REPL gets its Ctrl-A


@pytest.mark.parametrize("at_ms", [0, 30, 390])
def test_interrupt_request_while_a_request_is_executed_stops(at_ms):
    stream = arrivals([(0, host_frame(0x41, 0, b"\x05")), (at_ms, b"\r\x03\r\x01")])
    line = Line(stream)
    link = link_on(line)
    run(link, line, stream[-1][0] + 600, [(stream[0][0] + 5, 400)])
    assert link.stopped and (bytes(line.ring) or bytes(byte for _, byte in line.arrivals)) == b"\r\x01"


def test_a_frame_that_a_busy_pod_finds_in_two_halves_stops_nothing():
    """The second half begins as an interrupt request does, and goes on otherwise."""
    frame = host_frame(0x41, 0, bytes([1, 2, 3, 4, 13, 3, 7, 8, 9, 10]))
    cut = frame.index(b"\r\x03")
    stream = arrivals([(0, frame[:cut]), (90, frame[cut:])])
    link, _, _ = played(stream, stalls=[(stream[cut - 1][0], 200)])
    assert not link.stopped


def test_one_step_reads_one_frame():
    line = Line()
    link = link_on(line)
    got = []
    line.ring += host_frame(0x41, 0, b"\x01") + host_frame(0x41, 1, b"\x02")
    step(link, sequences=got)
    assert got == [0] and link.unread
    step(link, sequences=got)
    step(link, sequences=got)
    assert got == [0, 1] and not link.unread


def test_a_read_step_has_a_time_budget():
    line = Line()
    link = link_on(line)
    line.ring += bytes([1]) * 250
    read = line.read

    def slowly():
        line.now_ms += 0.1
        return read()

    line.read = slowly
    step(link)
    assert line.now_ms < 12 and link.unread and len(line.ring) > 100
