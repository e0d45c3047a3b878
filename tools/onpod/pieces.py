"""Simulates a day of a pod and prints maps of its heap: used and free blocks of 16 bytes.

The collector of this runtime does not see references in running functions, so it never runs automatically. The day has
steps, and `between` collects between two steps after as many allocated bytes as start a collection on the pod. Files
are stand-ins.
"""

import gc
import json

import count
import micropython
from micropython import const
from standin import install

from host import call

_COLLECT_BYTES = const(8192)  # as in hardware.py
_RUN_BYTES = const(60_000)
_TURN_MS = const(100)
_STRIDE_TURNS = const(12)
_TURNS = const(6000)
_POLLS = const(100)

messages = {}  # name -> identifier
told = []
faults = []
day = []
now = [True]
asked = [0]
turns = [0]
allocated = [0]


class File:
    """File of a run: zeros to read. Written data is discarded."""

    def __init__(self, *_what):
        self.at = 0

    def seek(self, at, whence=0):
        self.at = _RUN_BYTES if whence == 2 else at
        return self.at

    def read(self, length=0):
        return bytes(min(length, _RUN_BYTES - self.at))

    def readinto(self, buf):
        length = min(len(buf), _RUN_BYTES - self.at)
        self.at += length
        return length

    def write(self, *_what):
        return 0

    def flush(self):
        pass

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_what):
        pass


def prepare(at_start):
    """Set up the day. Call only `run` after it, because a collection frees the outermost code."""
    gc.disable()
    install()
    day.extend([(collect,), (tell, "")])
    day.extend([(__import__, name) for name in at_start])
    day.extend(DAY)


def run():
    """Run the day and report. Keep this function small: the first collection frees the objects of a large one."""
    while day:
        act()
        between()
    report()


def report():
    fault = "%s: %s" % (type(faults[0]).__name__, faults[0]) if faults else ""
    call("report", json.dumps({"args": [{}, told, fault], "kwargs": {}}))


def act():
    """Call the first step of the day. Remove it when it returns True."""
    try:
        if day[0][0](*day[0][1:]):
            day.pop(0)
    except Exception as error:
        faults.append(error)
        day.clear()


def between():
    """Run only functions whose few references the collector sees."""
    if gc.mem_alloc() - allocated[0] >= _COLLECT_BYTES or not now[0]:
        gc.collect()
        allocated[0] = gc.mem_alloc()
        now[0] = True


def build():
    count.run()
    return True


def sample():
    count.pod.sampler.step()
    return True


def collect():
    now[0] = False
    return True


def tell(when):
    told.append(when)
    print("piece")
    micropython.mem_info(1)
    return True


def with_files():
    from pod.hal import hardware
    from pod.storage import recorder, runs, store

    recorder.open = runs.open = File
    store.write_atomic = store.read = nothing
    count.pod.runs.numbers = numbers
    count.pod.runs.highest = 29
    count.pod.runs.counted_all = True
    hardware.storage = storage
    return True


def nothing(*_what):
    return b""


def numbers():
    return list(range(1, 30))


def storage(_what):
    return 1 << 20, 1 << 21


def ask(name, payload):
    """Send a request, and iterate until the whole answer was sent."""
    if not asked[0]:
        asked[0] = 1
        frame(messages[name], bytes((len(told) + 1,)) + payload)
        return False
    turn()
    if not count.pod.answers.job:
        asked[0] = 0
    return not asked[0]


def frame(message, payload):
    count.pod.session._last_ms = 1 << 20  # no request repeats the last one
    count.pod.session.frame(message, payload, len(payload))


def turn():
    app = count.pod
    app.clock.uptime_ms += _TURN_MS
    if app.clock.uptime_ms >= 1000:
        app.clock.uptime_ms -= 1000
        app.clock.uptime_s += 1
    app.link.step(_TURN_MS)
    app.session.step(_TURN_MS)
    app.recorder.step(_TURN_MS)
    app.supervisor.step(_TURN_MS)
    app.rtc_note.step(_TURN_MS)
    app.faults.step()
    app.mount.step()


def stride():
    app = count.pod
    packer = app.sampler._pipeline._packer
    packer.pack(app.sampler._samples.clock)
    app.publisher.stride(packer.payload, packer.length)
    app.mount.stride(packer.record)


def poll():
    """Poll the mount check like a host."""
    turn()
    frame(messages["mount_do"], bytes(20))
    turns[0] += 1
    if turns[0] < _POLLS:
        return False
    turns[0] = 0
    return True


def minutes():
    """Run one iteration of it."""
    if turns[0] == 0 and not count.pod.recorder.run:
        raise OSError("no run")
    turn()
    if turns[0] % _STRIDE_TURNS == 0:
        stride()
    if turns[0] % 20 == 0:
        frame(messages["stream"], bytes((1, 5, 0x88, 0x13, 0, 0)))
    if turns[0] % 600 == 0:
        frame(messages["status_get"], b"\1")
        frame(messages["time_set"], bytes(17))
        count.pod.publisher.event(8, 0, 0)
    turns[0] += 1
    return turns[0] == _TURNS


def examine(number):
    """Iterate until the self-test has made this number of steps. Its last part then waits for samples.

    On the pod a step that loads modules collects in its middle. Here that is not possible, so it collects before it.
    """
    now[0] = False
    if not asked[0]:
        frame(messages["check_get"], b"\x63")
    asked[0] += 1
    turn()
    return asked[0] >= number


def raw():
    """Return True while raw samples of a recording are queued for the flash."""
    return bool(count.pod.recorder.wants_raw())


DAY = (
    (collect,),
    (build,),
    (with_files,),
    (collect,),
    (sample,),
    (collect,),
    (tell, "after the start"),
    (ask, "hello_get", bytes((1, 1, 0, 0, 0, 0))),
    (ask, "status_get", b""),
    (ask, "setting_get", b""),
    (ask, "setting_set", b"wearer=Ada"),
    (ask, "mount_do", bytes((1,)) + bytes(18)),
    (poll,),
    (ask, "mount_do", bytes((4,)) + bytes(18)),
    (ask, "fault_get", b""),
    (collect,),
    (tell, "after a greeting, settings and a mount check"),
    (ask, "run_list", b""),
    (ask, "run_read", bytes((7, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0))),
    (ask, "digest_get", bytes((7, 0, 0, 0))),
    (collect,),
    (tell, "after a list of runs and a download"),
    (ask, "record", bytes((1, 0))),
    (minutes,),
    (ask, "record", bytes((2, 0))),
    (collect,),
    (tell, "after ten minutes of recording with a host"),
    (ask, "record", bytes((1, 2))),
    (raw,),
    (collect,),
    (tell, "while raw samples are recorded"),
    (examine, 4),
    (collect,),
    (tell, "in doctor, while raw samples are recorded: the sensor"),
    (examine, 15),
    (collect,),
    (tell, "in doctor, while raw samples are recorded: settings and faults"),
    (examine, 40),
    (collect,),
    (tell, "in doctor, while raw samples are recorded: at rest"),
)
