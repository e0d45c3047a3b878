"""A run with raw samples on a flash without room. Prints the state of the recorder and its answer to a stop."""

import json

from pod import Refused
from pod.storage.recorder import FULL, Recorder, _RawQueue

faults = []


class Faults:
    @staticmethod
    def add(_code, text):
        faults.append(text)


class Full:
    """A file on a flash without room."""

    def write(self, *_what):
        raise OSError(28)

    def close(self):
        pass


def main():
    recorder = Recorder(None, None, None, Faults, None, None, None, None, None)
    recorder._file = Full()
    recorder.run = 3
    recorder._raw = True
    recorder._queue = _RawQueue()
    for _ in range(3):
        recorder.add_raw(bytearray(100), 100)
    recorder._write_raw()
    found = {"full": recorder.state == FULL, "run": recorder.run, "faults": faults}
    try:
        recorder.stop()
    except Refused as refused:
        found["refused"] = (refused.code, str(refused))
    print(json.dumps(found))


main()
