"""Count the heap of the app: module by module, then its objects, its driver and its engine.

The collector of this runtime does not see references in running functions. So each object that must survive a
collection is in a variable of a module, functions are small, and nothing follows `report`. After an exception the
outermost code may be freed before the report. Set `collects` to False to see the exception.
"""

import gc
import json
import sys

import micropython
from standin import Console, install

from host import call

rows = {}
marks = []
pod = None
at_start = []
later = []
collects = True


def main():
    """Count, and report the result or the error."""
    gc.disable()  # Collect only at explicit calls.
    try:
        count()
        report("")
    except Exception as error:
        report("%s: %s" % (type(error).__name__, error))


def count():
    """Import `at_start` in turn, and `later`, build the app's objects, find the sensor."""
    install()
    names()
    mark()
    while at_start:
        take(at_start.pop(0))
    rows["imported"] = marks[-1] - marks[0]
    while later:
        take(later.pop(0))
    run()
    row("objects")
    find_sensor()
    row("sensor and engine")
    names()
    rows["running"] = marks[-1] - marks[0]


def take(module):
    __import__(module)
    row(module)


def run():
    global pod
    from pod.app import App
    from pod.hal import hardware

    hardware.heap_free = nothing
    pod = App(Console())


def find_sensor():
    pod.sampler.step()
    if pod.sampler._samples.sensor is None:
        raise OSError("no sensor: %s" % pod.faults.rows())


def names():
    micropython.qstr_info()


def nothing():
    return 0


def mark():
    if collects:
        gc.collect()
    marks.append(gc.mem_alloc())


def row(name):
    mark()
    rows[name] = marks[-1] - marks[-2]


def report(fault):
    kept = sorted([name for name in sys.modules if name.startswith(("pod", "retrowire"))])
    call("report", json.dumps({"args": [rows, kept, fault], "kwargs": {}}))
