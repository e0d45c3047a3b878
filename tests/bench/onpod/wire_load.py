"""Work of the wire on MicroPython, to be counted: wire_load.py WHAT TIMES."""

import sys

from retrowire import codec, framing, schema

STRIDE = [3 if row[1] in "BHIbhi" else b"" for row in codec.fields(schema.STRIDE)]
payload = bytearray(framing.MAX_PAYLOAD)
for _i in range(len(payload)):
    payload[_i] = (_i * 167 + (_i >> 3)) & 0xFF
frame = bytearray(framing.MAX_POD_FRAME)
decoder = framing.Decoder(framing.MAX_POD_FRAME)


def crc(times):
    for _ in range(times):
        framing.kernels.crc_into(frame, 0, 512)


def encode(times):
    for _ in range(times):
        framing.encode_into(schema.RUN_DATA, 1, payload, 512, frame)


def pack(times):
    for _ in range(times):
        codec.pack_into(schema.STRIDE, STRIDE, payload, 0)


def stride(times):
    size = codec.size(schema.STRIDE)
    for _ in range(times):
        framing.encode_into(schema.STRIDE, 1, payload, size, frame)


def decode(times):
    length = framing.encode_into(schema.RUN_DATA, 1, payload, 512, frame)
    for _ in range(times):
        for i in range(length):
            decoder.push(frame[i])
    if decoder.damaged or (times and decoder.length != 512):
        raise ValueError("not decoded")


{"crc": crc, "encode": encode, "pack": pack, "stride": stride, "decode": decode}[sys.argv[1]](int(sys.argv[2]))
