"""The wake-up comparators of all chips, which compare acceleration with its value when they were armed.

They compare when the firmware reads the pin or the flag. A movement that ends between two reads is not detected.
"""


class Motion:
    """`armed` with a threshold in counts; `seen` latches until it is taken."""

    def __init__(self) -> None:
        self.disarm()

    def disarm(self) -> None:
        """Off."""
        self._threshold = None
        self._rest = None
        self.seen = False

    def arm(self, threshold: int) -> None:
        """On: the next reading is what others are compared with. Arming the same again changes nothing."""
        if threshold != self._threshold:
            self.disarm()
            self._threshold = threshold

    def feel(self, values) -> None:
        """A reading of three axes in counts."""
        if self._threshold is None:
            return
        if self._rest is None:
            self._rest = values
        for i in range(3):
            if abs(values[i] - self._rest[i]) > self._threshold:
                self.seen = True

    def take(self) -> bool:
        """Return True if there was a movement since the last call."""
        seen = self.seen
        self.seen = False
        return seen
