"""Keys of a session with several pods: each key acts on all of them."""

from collections.abc import Sequence

from retropod.live.shoes import Shoe


class SharedControl:
    """Executes keys on the pods of all shoes. `r` starts a recording on each pod without one, else it stops all."""

    def __init__(self, shoes: Sequence[Shoe]) -> None:
        self._shoes = shoes

    @property
    def message(self) -> str:
        """Results of the last key, with the foot or the name of each pod."""
        texts = [(shoe.title, shoe.control.message) for shoe in self._shoes if shoe.control.message]
        return ", ".join(f"{title}: {text}" for title, text in texts)

    def press(self, key: str) -> None:
        """Execute `l` (lap) or `r` (start or stop recordings) on all pods soon. Ignore other keys."""
        if key != "r":
            for shoe in self._shoes:
                shoe.control.press(key)
            return
        runs = {shoe: shoe.control.status.run for shoe in self._shoes if shoe.control.status is not None}
        idle = [shoe for shoe, run in runs.items() if not run]
        for shoe in idle or runs:
            shoe.control.press(key)
