"""Heap costs of a stride and a sample, from the engine's record to frame and block. Prints one JSON object."""

import json

import micropython

from pod.gait import stride as S
from pod.link.answers import Answers
from pod.link.link import Link
from pod.link.session import Session
from pod.link.streams import Streams
from pod.sampling.sampleclock import SampleClock
from pod.storage.messages import EventPacker, StridePacker
from pod.storage.recorder import Recorder
from retrowire import framing, schema

STRIDES = 40


class Port:
    """Takes everything, brings nothing but one byte of a frame now and then."""

    waiting = -1

    def read(self):
        byte = self.waiting
        self.waiting = -1
        return byte

    def write(self, buf, start, length):
        return length


class Clock:
    boot = 1
    uptime_s = 86_399
    uptime_ms = 999


class Settings:
    on_trial = False


class File:
    def write(self, buf, start, length):
        return length

    def flush(self):
        pass


class Pod:
    """The path of a stride: packer, session, link, recorder."""

    def __init__(self):
        self.samples = SampleClock(416_687)
        self.samples.look(36_000_000, 86_398, 500)
        self.packer = StridePacker(1000)
        self.port = Port()
        decoder = framing.Decoder(framing.MAX_HOST_FRAME)
        self.us = 0
        ticks = lambda: self.us, lambda new, old: new - old
        self.link = Link(self.port, decoder, framing.encode_into, framing.MAX_POD_FRAME, 8, *ticks)
        self.link.set_line(115_200)
        self.streams = Streams(self.link)
        self.streams.lease(7, 1 << 29)
        answers = Answers(self.link, self.streams)
        self.session = Session(self.link, self.streams, answers, None, (), Settings, None)
        self.event = EventPacker(Clock)
        self.recorder = Recorder(None, None, Clock, None, None, None, None, self.event, None)
        self.recorder._file = File()
        self.recorder._window_ms = 1 << 29
        self.recorder._storage = (1 << 20, 1 << 21)
        self.recorder._resumed = True

    def stride(self, number):
        record = self.packer.record
        for slot in range(S.LENGTH):
            record[slot] = number + slot
        record[S.OPEN] = 36_000_500 + number
        record[S.CLOSE] = record[S.OPEN] + 400
        record[S.TOE_OFF] = record[S.OPEN] + 100
        record[S.CONTACT] = record[S.OPEN] + 300
        record[S.PREV_CONTACT] = record[S.OPEN] - 90
        record[S.DIRECTION] = S.BACKWARD
        record[S.STRIKE] = S.HEEL
        record[S.LENGTH_MM] = -800
        record[S.YAW_CDEG] = S.NONE
        self.packer.pack(self.samples)
        self.streams.send(1, schema.STRIDE, self.packer.payload, self.packer.length)
        self.recorder.add_stride(self.packer.payload, self.packer.length)
        self.event.pack(3, 36_000_500, 1, -1)
        self.streams.send(4, schema.EVENT, self.event.payload, self.event.length)
        for _ in range(4):
            self.turn(number)

    def turn(self, number):
        self.samples.look(36_000_100 + number, 86_398, 740)
        self.port.waiting = number & 63 | 64
        self.us += 20_000
        self.session.receive()
        self.link.step(20)
        self.session.step(20)
        self.recorder.step(20)


def main():
    pod = Pod()
    for number in range(8):
        pod.stride(number)
    micropython.heap_lock()
    try:
        for number in range(8, 8 + STRIDES):  # blocks fill and are written on the way
            pod.stride(number)
    finally:
        micropython.heap_unlock()
    print(json.dumps({"strides": STRIDES, "dropped": pod.link.dropped, "blocks": pod.recorder._sequence}))


main()
