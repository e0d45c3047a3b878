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

    @property
    def status(self) -> None:
        """There is no common state: each shoe has its own."""

    def press(self, key: str) -> None:
        """Execute `l` (lap) or `r` (start or stop recordings) on all pods soon. Ignore other keys."""
        if key != "r":
            for shoe in self._shoes:
                shoe.control.press(key)
            return
        controls = [shoe.control for shoe in self._shoes]
        runs = [(control, control.status.run) for control in controls if control.status is not None]
        idle = [control for control, run in runs if not run]
        for control in idle or [control for control, _ in runs]:
            control.press(key)
