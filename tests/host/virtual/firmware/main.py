"""The smallest app that behaves at the port as the pod's does: drains the sensor, answers bytes, stops on CR ETX."""

import json
import select
import sys
import time

import machine
import micropython

ADDRESS = 0x6A
WORD = 7


def boots():
    with open("/boots") as stored:
        return int(stored.read())


class App:
    """One letter a command; the answer is one line of JSON."""

    def __init__(self):
        self.bus = machine.I2C(0, scl=machine.Pin(22), sda=machine.Pin(21), freq=400_000)
        self.status = bytearray(2)
        self.words = bytearray(WORD * 128)
        self.total = 0
        self.first = b""
        self.errors = 0
        self.overruns = 0
        self.poll = select.poll()
        self.poll.register(sys.stdin, select.POLLIN)
        self.byte = bytearray(1)

    def configure(self):
        for register, value in ((0x12, 0x44), (0x10, 0x6C), (0x11, 0x6C), (0x09, 0x66), (0x0A, 0x06)):
            self.bus.writeto_mem(ADDRESS, register, bytes((value,)))

    def drain(self):
        try:
            self.bus.readfrom_mem_into(ADDRESS, 0x3A, self.status)
            self.overruns += (self.status[1] >> 3) & 1
            count = min(128, self.status[0] | (self.status[1] & 3) << 8)
            if count:
                view = memoryview(self.words)[: count * WORD]
                self.bus.readfrom_mem_into(ADDRESS, 0x78, view)
                self.total += count
                if len(self.first) < 40 * WORD:
                    self.first += bytes(view)
        except OSError:
            self.errors += 1

    def answer(self, **fields):
        sys.stdout.buffer.write(json.dumps(fields).encode() + b"\n")

    def do(self, letter):
        if letter == "s":
            self.answer(
                words=self.total,
                first=self.first[: 40 * WORD].hex(),
                ms=time.ticks_ms(),
                errors=self.errors,
                overruns=self.overruns,
                cause=machine.reset_cause(),
                boots=boots(),
            )
        elif letter == "r":
            machine.reset()
        elif letter == "f":
            for _ in range(2000):
                sys.stdout.buffer.write(b"x" * 100)
            self.answer(flooded=1)
        elif letter == "z":
            time.sleep_ms(1000)  # deaf for a while
            self.answer(slept=1)
        elif letter == "w":
            with open("/two", "w") as stored:
                stored.write("new" * 2000)
            self.answer(written=1)
        elif letter == "t":
            with open("/two") as stored:
                self.answer(text=stored.read()[:3])
        elif letter == "c":
            self.bus.writeto_mem(ADDRESS, 0x07, b"\x2a")
        elif letter == "g":
            self.answer(register=self.bus.readfrom_mem(ADDRESS, 0x07, 1)[0])

    def run(self):
        before = 0
        while True:
            self.drain()
            while self.poll.poll(0):
                sys.stdin.buffer.readinto(self.byte)
                if self.byte[0] == 3 and before == 13:
                    return
                before = self.byte[0]
                self.do(chr(before))
            time.sleep_ms(5)


app = App()
micropython.kbd_intr(-1)
try:
    if machine.reset_cause() != machine.SOFT_RESET:
        app.configure()
    app.run()
finally:
    micropython.kbd_intr(3)
