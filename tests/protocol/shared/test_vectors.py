"""Runs under pytest and on MicroPython: the golden bytes of protocol/vectors have the meaning next to them.

A vector is a line ``== name``, its description, its bytes in hex, and its meaning as JSON, compared as
text.
Vectors are added (by make_vectors.py) and never edited: old data must stay readable.
"""

from retrowire import codec, framing, runfile

FOLDER = codec.__file__.replace("\\", "/").rsplit("/", 2)[0] + "/vectors/"


def vectors(name):
    """Return ``(name, bytes, meaning)`` of every vector in a file."""
    found = []
    with open(FOLDER + name) as file:
        for line in file:
            line = line.strip()
            if line.startswith("== "):
                label = line[3:]
                data = b""
            elif line.startswith("{"):
                found.append((label, data, line))
            elif line.startswith(": "):
                data += bytes.fromhex(line[2:].replace(" ", ""))
    return found


def as_json(value):
    """JSON with sorted keys; bytes as hex."""
    if isinstance(value, dict):
        return "{" + ", ".join(['"%s": %s' % (key, as_json(value[key])) for key in sorted(value)]) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join([as_json(item) for item in value]) + "]"
    if isinstance(value, (bytes, bytearray)):
        return '"' + "".join(["%02x" % byte for byte in value]) + '"'
    return '"%s"' % value if isinstance(value, str) else "%d" % value


def named(rows, values):
    return {row[0]: value for row, value in zip(rows, values)}


def frames_meaning(data):
    """Return the frames and counts of a decoder for a stream of bytes, without fields of later minors."""
    decoder = framing.Decoder(framing.MAX_POD_FRAME)
    frames = []
    for byte in data:
        if decoder.push(byte):
            frames.append(frame_meaning(decoder))
    return {
        "damaged": decoder.damaged,
        "oversize": decoder.oversize,
        "unfinished": int(decoder.inside),
        "frames": frames,
    }


def frame_meaning(decoder):
    meaning = {"message": decoder.message, "sequence": decoder.sequence}
    if not codec.known(decoder.message):
        meaning["unknown"] = bytes(decoder.payload[: decoder.length])
        return meaning
    try:
        rows = [row for row in codec.fields(decoder.message) if row[4] == 0]
        values = codec.unpack(decoder.message, decoder.payload, 0, decoder.length, 0)
        meaning["values"] = named(rows, values)
    except ValueError as error:
        meaning["error"] = str(error)
    return meaning


class Bytes:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def read(self, length):
        self.at += length
        return self.data[self.at - length : self.at]


def run_meaning(data):
    """Return the content of a run file, decoded by the rows in the file."""
    try:
        header = runfile.read_header(data)
    except ValueError as error:
        return {"error": str(error), "blocks": [block[:3] for block in runfile.scan(Bytes(data).read)]}
    start = header["length"]
    scan = runfile.scan(Bytes(data[start:]).read, start)
    blocks = [block_meaning(header["messages"], block) for block in scan]
    return {"header": header["values"], "blocks": blocks, "damaged": scan.damaged, "end": scan.end}


def block_meaning(messages, block):
    kind, sequence, offset, payload = block
    rows = messages[runfile.MESSAGE[kind]][1]
    size = len(payload) if rows[-1][1] == "*" else codec.size_rows(rows)
    records = []
    for at in range(0, len(payload), size):
        records.append(named(rows, codec.unpack_rows(rows, payload, at, at + size)))
    return {"kind": codec.name("block", kind), "sequence": sequence, "offset": offset, "records": records}


def test_frames():
    found = vectors("frames.txt")
    assert len(found) > 20
    for name, data, meaning in found:
        assert as_json(frames_meaning(data)) == meaning, name


def test_runs():
    found = vectors("runs.txt")
    assert len(found) > 10
    for name, data, meaning in found:
        assert as_json(run_meaning(data)) == meaning, name


def test_meaning_is_compared():
    name, data, meaning = vectors("frames.txt")[0]
    assert as_json(frames_meaning(data[:-2] + b"\1\0")) != meaning, name
