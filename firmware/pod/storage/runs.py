"""The stored runs: files `NNNNNN.run` in one folder, numbers never used twice."""

import os

from pod.storage import store

# Why a run ended, in its `stopped` event.
BY_HOST, BY_FULL, BY_APP, BY_STILLNESS, BY_BUTTON, BY_BATTERY = 0, 1, 2, 3, 4, 5


class Runs:
    """Folder of run files. `count`: how many there are; `highest`: the highest number ever used.

    Both are known when `counted_all` is True. To read a long folder takes seconds, so after a start `step` reads one
    entry at a time, and no other method but `numbers` reads the folder.
    """

    def __init__(self, folder: str, counter: str):
        """`counter`: file that holds the highest number ever used, if that run was erased."""
        self.count = 0
        self.highest = store.read_number(counter)
        self.counted_all = False
        self.counted = {}  # run -> (size, strides) of those whose strides had to be counted
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
            pass  # the first run reports it
        self.counted_all = True

    def step(self) -> None:
        """Count one more file, after a start."""
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
        """Finish the count at once."""
        while not self.counted_all:
            self.step()

    def path(self, run: int) -> str:
        """Where a run is kept."""
        return "%s/%06d.run" % (self._folder, run)

    def numbers(self) -> list:
        """Numbers of all runs that are there, ascending. Reads the folder."""
        return sorted([run for run in [_number(entry[0]) for entry in os.ilistdir(self._folder)] if run])

    def new_number(self) -> int:
        """A number that no run has had."""
        self.count_all()
        return self.highest + 1

    def added(self, run: int) -> None:
        """The file of this run was created."""
        self.count += 1
        self.highest = run

    def size(self, run: int) -> int:
        """Bytes that are safely stored. OSError when there is no such run."""
        return os.stat(self.path(run))[6]

    def open(self, run: int):
        """The run's file, for reading. OSError when there is none."""
        return open(self.path(run), "rb")

    def remove(self, run: int) -> None:
        """Erase a run. Its number is not used again: the highest one is written, before if there is room for it."""
        self.count_all()
        noted = run != self.highest or self._note()
        os.remove(self.path(run))
        self.count -= 1
        self.counted.pop(run, None)
        if not noted:
            self._note()

    def discard(self, run: int) -> None:
        """Erase the newest run, in which nothing was stored: its number is used again."""
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
    """Number of a run by the name of its file; 0 for another file."""
    return int(name[:-4]) if name.endswith(".run") and name[:-4].isdigit() else 0
