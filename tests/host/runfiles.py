"""Run files made here, as a pod writes them."""

from retrowire import codec, runfile, schema

DEVICE = bytes.fromhex("240ac40000010000")
_EVENT = codec.size(schema.EVENT)


def header(run: int, **known: bytes | int) -> bytes:
    """The header of run number `run`, with the `known` values, all else of it zero or empty."""
    values = [
        {"run": run, "device_id": DEVICE, **known}.get(field[0], b"" if field[1].endswith("s") else 0)
        for field in codec.fields(schema.RUN_HEADER)
    ]
    out = bytearray(runfile.HEADER_MAX)
    return bytes(out[: runfile.header_into(values, (schema.STRIDE, schema.EVENT), 0, 0, out)])


def block(sequence: int, kind: str, count: int) -> bytes:
    """A block of `count` events; their number makes each block unlike the others."""
    payload = bytearray(count * _EVENT)
    for at in range(count):
        codec.pack_into(schema.EVENT, [codec.value("event", kind), sequence, 0, at, sequence, 0], payload, at * _EVENT)
    out = bytearray(len(payload) + runfile.BLOCK_AROUND)
    return bytes(out[: runfile.block_into(runfile.EVENTS, sequence, payload, len(payload), out)])


def run_file(run: int, blocks: int, **known: int) -> bytes:
    """A whole run of `blocks` blocks of some 200 bytes, ended in order."""
    inner = b"".join(block(sequence, "lap", 10) for sequence in range(blocks - 1))
    return header(run, **known) + inner + block(blocks - 1, "stopped", 1)
