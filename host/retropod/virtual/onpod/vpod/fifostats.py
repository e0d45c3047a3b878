"""How the firmware served the sensor's FIFO, as the chip sees it."""


class FifoStats:
    """Longest time between two reads, samples lost by overrun, and reads, since the last take()."""

    def __init__(self, clock) -> None:
        self._clock = clock
        self._since_us = None  # of the last read; None: the FIFO does not fill
        self._clear()

    def _clear(self) -> None:
        self.longest_us = self.lost = self.overruns = self.reads = 0

    def fills(self, on: bool) -> None:
        """Note whether the FIFO fills. The first gap begins when it starts to."""
        if not on:
            self._since_us = None
        elif self._since_us is None:
            self._since_us = self._clock.true_us()

    def read(self) -> None:
        """The firmware reads from the FIFO."""
        now = self._clock.true_us()
        if self._since_us is not None:
            self.longest_us = max(self.longest_us, now - self._since_us)
            self._since_us = now
        self.reads += 1

    def overran(self, samples: int) -> None:
        """So many samples were overwritten or found no room."""
        self.lost += samples
        self.overruns += 1

    def take(self) -> dict:
        """All of it, and start again. A gap that has not ended counts up to now."""
        longest = self.longest_us
        if self._since_us is not None:
            longest = max(longest, self._clock.true_us() - self._since_us)
        taken = {"longest_us": longest, "lost": self.lost, "overruns": self.overruns, "reads": self.reads}
        self._clear()
        return taken
