"""A recorder with only the flash around it. It logs its input and its acknowledgements."""

import os

from flash import FOLDER
from pod.clock.clock import Clock
from pod.storage import recorder as recorder_module
from pod.storage import store
from pod.storage.messages import EventPacker
from pod.storage.recorder import Recorder
from pod.storage.runs import Runs
from retrowire import codec, runfile, schema

STRIDE_BYTES = codec.size(schema.STRIDE)
recorder_module._RESERVE = 8 * 4096
SETTINGS = {
    "record_raw": False, "loss_window_s": 10, "name": "pod", "wearer": "Ada", "side": "left", "rate_hz": 416,
    "length_factor": 1000,
}  # fmt: skip


class Board:
    @staticmethod
    def device_id():
        return b"12345678"

    @staticmethod
    def reset_cause():
        return 1

    @staticmethod
    def storage(_path):
        stat = os.statvfs(FOLDER)
        return stat[0] * stat[3], stat[0] * stat[2]


def clock_of(boot):
    """A clock that stands at 5.25 s and was set."""
    clock = Clock(boot, lambda: 5250, lambda later, earlier: later - earlier)
    clock.uptime_s, clock.uptime_ms = 5, 250
    clock.set_epoch(1_790_000_000, 500, 3)
    clock.carry(70, 0, 40)
    return clock


class Faults:
    def __init__(self):
        self.rows = []

    def add(self, code, text):
        self.rows.append((code, text))


class Mount:
    state = 1

    @staticmethod
    def packed():
        return bytes(18)


class Samples:
    chip = "lsm6dso32"
    sensor = None
    clock = None
    index = 77


class Logged(Recorder):
    """Notes every block before it is written."""

    blocks = None

    def _write(self, kind, payload, length):
        if self._file:
            self.blocks[(self.run, self._sequence)] = (kind, bytes(payload[:length]))
        super()._write(kind, payload, length)


class Pod:
    """One boot of the recorder. `blocks`: (run, sequence) -> (kind, payload), over all boots."""

    def __init__(self, blocks, boot):
        self.clock = clock_of(boot)
        self.faults = Faults()
        self.runs = Runs(FOLDER + "/runs", FOLDER + "/run_count")
        self.event = EventPacker(self.clock)
        self.recorder = Logged(
            Board, SETTINGS, self.clock, self.faults, self.runs, Mount, Samples, self.event, self.publish
        )
        self.recorder.blocks = blocks

    def publish(self, kind, a, b):
        self.event.pack(kind, Samples.index, a, b)
        self.recorder.add_event(self.event.payload, self.event.length)

    def stride(self, number):
        payload = bytearray(STRIDE_BYTES)
        payload[0] = number & 255
        payload[-1] = number >> 8
        self.recorder.add_stride(payload, STRIDE_BYTES)
        self.recorder.step(700)

    def raw(self, number):
        self.recorder.add_raw(bytearray([number & 255] * 487), 487)
        self.recorder.step(96)


def read_back(runs, run):
    """Return {sequence: (kind, payload)} of a stored run, its header, and the damage before its end."""
    size = runs.size(run)
    with runs.open(run) as file:
        header = runfile.read_header(file.read(runfile.HEADER_MAX))
        file.seek(header["length"])
        scan = runfile.scan(file.read, header["length"])
        blocks = {sequence: (kind, bytes(payload)) for kind, sequence, _, payload in scan}
    return blocks, header, [hole for hole in scan.damaged if hole[1] != size]


def number_kept():
    return store.read_number(FOLDER + "/run_count")
