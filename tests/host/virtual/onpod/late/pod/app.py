"""One letter a command; the answer is one line of JSON."""

import json
import os
import select
import sys
import time

import micropython
import vfs


class Bundle:
    """A file system of the app: one module under two names, as a stream of its bytes."""

    def __init__(self, path):
        self._path = path

    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def stat(self, path):
        if path in ("/bundled.mpy", "/bundled_too.mpy"):
            return (0x8000, 0, 0, 0, 0, 0, 100, 0, 0, 0)
        raise OSError(2)

    def open(self, path, mode):
        return open(self._path, "rb")


def load(name):
    try:
        return {"value": __import__(name).VALUE}
    except MemoryError:
        return {"error": "MemoryError"}


def data():
    with open("/data", "wb") as file:
        file.write(b"1")
    os.stat("/data")
    os.listdir("/")
    return {"done": 1}


def sleep():
    time.sleep_ms(3000)
    return {"done": 1}


def stream():
    """The console is a stream for C code, too."""
    print('{"file":', end=" ", file=sys.stdout)
    json.dump([1], sys.stdout)
    return


COMMANDS = {
    "o": stream,
    "m": lambda: load("machine_code"),
    "p": lambda: load("plain"),
    "b": lambda: load("bundled"),
    "d": data,
    "z": sleep,
    "c": lambda: {"ms": time.ticks_ms(), "platform": sys.platform},
}


def run():
    vfs.mount(Bundle("/machine_code.mpy"), "/bundle")
    sys.path.append("/bundle")
    early = load("early_code")
    micropython.kbd_intr(-1)
    poll = select.poll()
    poll.register(sys.stdin, select.POLLIN)
    while True:
        while poll.poll(0):
            letter = sys.stdin.buffer.read(1).decode()
            answer = COMMANDS[letter]() if letter in COMMANDS else early
            text = json.dumps(answer) if answer else "}"
            sys.stdout.buffer.write(text.encode() + b"\n")
        time.sleep_ms(5)
