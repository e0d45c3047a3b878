"""Heap use of a loop iteration and a stride in supervisor.py without an action. Prints one JSON object."""

import json

import micropython

from pod.autonomy.power import Power
from pod.autonomy.supervisor import Supervisor

TURNS = 400


class Board:
    """Nothing soldered on but a light, which is looked at."""

    def __init__(self):
        self.changes = 0

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


class Supply:
    """Nothing to measure."""

    @staticmethod
    def is_measurable():
        return False


class Recorder:
    run = 0
    started_by = 0
    state = 0


class Samples:
    sensor = True


class Streams:
    silent_ms = 0  # a host is there: nothing is begun
    lease_ms = 0
    greeted = True


class Mount:
    moving = False


board = Board()
power = Power(True, 60, 60)
life = Supervisor(
    board, Supply, Settings(), None, power, Samples, Streams, Recorder, None, None, None, Mount, None, lambda: None
)
life.step(50)
turn = 0  # no new name may be added while the heap is locked
micropython.heap_lock()
for turn in range(TURNS):
    life.step(7)
    if turn % 20 == 0:
        power.stride(1 + turn // 20 % 2)  # forward, backward
locked = micropython.heap_unlock()
print(json.dumps({"turns": TURNS, "changes": board.changes, "strides": power.strides, "locked": locked}))
