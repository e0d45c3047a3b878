"""Stored runs: files `NNNNNN.run` in one folder. Each number is used once."""

import os

from pod.storage import store

# Reason in the `stopped` event of a run.
BY_HOST, BY_FULL, BY_APP, BY_STILLNESS, BY_BUTTON, BY_BATTERY = 0, 1, 2, 3, 4, 5


class Runs:
    """Folder of run files. `count`: number of files; `highest`: highest number ever used.

    Both are valid once `counted_all` is True. Reading a long folder takes seconds, so `step` reads one entry at a time
    after a boot. Apart from that only `numbers` reads the folder.
    """

    def __init__(self, folder: str, counter: str):
        """`counter`: file with the highest number ever used, if that run was erased."""
        self.count = 0
        self.highest = store.read_number(counter)
        self.counted_all = False
        self.counted = {}  # run -> (size, strides) of runs whose strides had to be counted
        self._folder = folder
        self._counter = counter
        self._entries = iter(())
        try:
            self._entries = os.ilistdir(folder)
        except OSError:
            self._make_folder()

    def _make_folder(self) -> None:
        try:
            os.mkdir(self._folder)
        except OSError:
            pass  # The first run reports the cause.
        self.counted_all = True

    def step(self) -> None:
        """Count one more file."""
        if self.counted_all:
            return
        for entry in self._entries:
            run = _number(entry[0])
            if run:
                self.count += 1
                self.highest = max(self.highest, run)
            return
        self._entries = iter(())
        self.counted_all = True

    def count_all(self) -> None:
        """Finish the count."""
        while not self.counted_all:
            self.step()

    def path(self, run: int) -> str:
        """Return the path of a run."""
        return "%s/%06d.run" % (self._folder, run)

    def numbers(self) -> list:
        """Return the numbers of all stored runs, ascending. Reads the folder."""
        return sorted([run for run in [_number(entry[0]) for entry in os.ilistdir(self._folder)] if run])

    def new_number(self) -> int:
        """Return an unused number."""
        self.count_all()
        return self.highest + 1

    def added(self, run: int) -> None:
        """Record that the file of this run was created."""
        self.count += 1
        self.highest = run

    def size(self, run: int) -> int:
        """Return the stored bytes of a run. Raises OSError if it is missing."""
        return os.stat(self.path(run))[6]

    def open(self, run: int):
        """Open the run's file for reading. Raises OSError if it is missing."""
        return open(self.path(run), "rb")

    def remove(self, run: int) -> None:
        """Erase a run. If it has the highest number, write that number to the counter, first if the flash has room."""
        self.count_all()
        noted = run != self.highest or self._note()
        os.remove(self.path(run))
        self.count -= 1
        self.counted.pop(run, None)
        if not noted:
            self._note()

    def discard(self, run: int) -> None:
        """Erase the newest run, which is empty. Its number will be used again."""
        os.remove(self.path(run))
        self.count -= 1
        self.highest = run - 1

    def _note(self) -> bool:
        try:
            store.write_number(self._counter, self.highest)
            return True
        except OSError:
            return False


def _number(name: str) -> int:
    """Return the number of a run from its file name; 0 for another file."""
    return int(name[:-4]) if name.endswith(".run") and name[:-4].isdigit() else 0
