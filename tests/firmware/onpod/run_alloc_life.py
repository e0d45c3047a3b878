"""What a turn of the loop and a stride cost the heap in life.py while nothing is to be done. Prints one JSON object."""

import json
from array import array

import micropython

from pod.autonomy.supervisor import Supervisor

TURNS = 400


class Nothing:
    """Stands in for what is not under test."""


class Board:
    """Nothing soldered on but a light, which is looked at."""

    STARTS = "/nowhere/starts"

    def __init__(self):
        self.changes = 0
        self.pins = array("i", [-1] * 14)

    def lent(self):
        return self, None, self.pins

    class Pin:
        IN = OUT = 0

    def show(self, on):
        self.changes += 1

    def sound(self, on):
        self.changes += 1

    def pressed(self):
        return False


class Settings:
    values = {"cue": "both", "auto_record": True, "stop_after_s": 60, "sleep_after_s": 60, "sleep": "auto"}

    def get(self, name):
        return self.values[name]


def parts(board):
    made = Nothing()
    made.board = board
    made.settings = Settings()
    made.recorder = Nothing()
    made.recorder.run = 0
    made.recorder.by_host = False
    made.recorder.state = 0
    made.sampler = Nothing()
    made.sampler.present = True
    made.session = Nothing()
    made.session.silent_ms = 0  # a host is there: nothing is begun
    made.session.leased = False
    made.session.greeted = True
    made.mount = Nothing()
    made.mount.moving = False
    return made


board = Board()
life = Supervisor(parts(board))
stride = bytearray(44)
life.step(50)
micropython.heap_lock()
for turn in range(TURNS):
    life.step(7)
    if turn % 20 == 0:
        stride[22] = 1 + turn // 20 % 2  # forward, backward
        life.stride(stride)
locked = micropython.heap_unlock()
print(json.dumps({"turns": TURNS, "changes": board.changes, "strides": life.power.strides, "locked": locked}))
