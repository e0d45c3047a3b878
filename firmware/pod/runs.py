"""The stored runs: files `NNNNNN.run` in one folder, numbers never used twice."""

import os

from pod import store

# Why a run ended, in its `stopped` event.
BY_HOST, BY_FULL, BY_APP, BY_STILLNESS, BY_BUTTON, BY_BATTERY = 0, 1, 2, 3, 4, 5


class Runs:
    """Folder of run files. `counter`: file that holds the highest number ever used."""

    def __init__(self, folder: str, counter: str):
        self._folder = folder
        self._counter = counter
        self.counted = {}  # run -> (size, strides) of those whose strides had to be counted
        try:
            os.mkdir(folder)
        except OSError:
            pass  # it is there; if it cannot be made, the first run says so

    def path(self, run: int) -> str:
        """Where a run is kept."""
        return "%s/%06d.run" % (self._folder, run)

    def numbers(self) -> list:
        """Numbers of all runs that are there, ascending."""
        numbers = []
        for name in os.listdir(self._folder):
            if name.endswith(".run") and name[:-4].isdigit():
                numbers.append(int(name[:-4]))
        return sorted(numbers)

    def new_number(self) -> int:
        """A number that no run has had. OSError when the flash is full."""
        numbers = self.numbers()
        number = max(store.read_number(self._counter), numbers[-1] if numbers else 0) + 1
        store.write_number(self._counter, number)
        return number

    def size(self, run: int) -> int:
        """Bytes that are safely stored. OSError when there is no such run."""
        return os.stat(self.path(run))[6]

    def open(self, run: int):
        """The run's file, for reading. OSError when there is none."""
        return open(self.path(run), "rb")

    def remove(self, run: int) -> None:
        """Erase a run."""
        os.remove(self.path(run))
        self.counted.pop(run, None)
