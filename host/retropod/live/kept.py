"""A live session as run files, in the format of the pod, under an id that no pod has."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from retropod.client import wire
from retropod.client.messages import EventMessage, StrideMessage
from retropod.client.pod import Pod
from retropod.client.stream import Restarted
from retropod.client.timesync import Sync
from retropod.export.runwriter import RunWriter, host_id
from retropod.live.interruptions import LiveItem

_EVERY_S = 60.0  # time after which the strides are on the disk, also if this computer loses its power
_EPOCH = 1 << 31  # the wire counts seconds since 1970 minus this number
_OF_HELLO = ("name", "side", "firmware_major", "firmware_minor", "firmware_patch", "chip", "boot_count")


class KeptPart(NamedTuple):
    """Contents of a run file, the id of its pod, its number, and the number of its strides."""

    content: bytes
    pod_id: str
    run: int
    strides: int


def header_of(pod: Pod) -> dict[str, Any]:
    """Return the values of the header of a session with this pod."""
    hello, status, mount, settings = pod.greeting, pod.status(), pod.mount(), pod.settings()
    return {
        **{name: getattr(hello, name) for name in _OF_HELLO},
        "device_id": host_id(bytes.fromhex(hello.device_id)[1:]),
        "wearer": settings.get("wearer") or "",
        "rate_mhz": status.rate_mhz,
        "mount": mount.state,
        "matrix": mount.matrix,
        "length_factor": (settings.get("length_factor") or 1000) / 1000,
        **_seconds("uptime", status.seconds("uptime") or 0.0),
    }


class KeptSession:
    """Strides and events of a session. Each boot of the pod is one run, because its times and numbers begin again.

    The number of a run is the time of its start, in s since 1970. `paths`: the files so far.
    """

    def __init__(
        self,
        header: dict[str, Any],
        store: Callable[[KeptPart], Path],
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`store` writes a part, also one that it has written with fewer bytes, and returns its path."""
        self.paths: list[Path] = []
        self._header, self._store, self._clock, self._wall = header, store, clock, wall
        self._run = 0
        self._unsaved: dict[int, KeptPart] = {}
        self._begin(header)

    def _begin(self, header: dict[str, Any]) -> None:
        self._run = max(int(self._wall()), self._run + 1)
        self._writer = RunWriter({**header, "run": self._run})
        self._strides: list[bytes] = []
        self._events: list[dict[str, Any]] = []
        self._number, self._ends_s, self._ended = 0, 0.0, False
        self._due_s = self._clock() + _EVERY_S

    def sync(self, sync: Sync) -> None:
        """Take a clock sync with the pod, which gives the run its time of day."""
        wall_s, error_ms = (sync.low_s + sync.high_s) / 2, int(500 * (sync.high_s - sync.low_s)) + 1
        whole_s, ms = divmod(round(1000 * wall_s), 1000)
        self._events.append({"kind": "clock_sync", "a": whole_s - _EPOCH, "b": error_ms * 1000 + ms,
                             **_seconds("uptime", sync.uptime_s)})  # fmt: skip

    def take(self, item: LiveItem, boot: int) -> None:
        """Take an item of the session. `boot`: boot count of the pod."""
        if isinstance(item, Restarted):
            with suppress(OSError):  # The part stays in memory, as below.
                self.finish()
            self._begin({**self._header, "boot_count": boot, **_seconds("uptime", item.uptime_s)})
        elif isinstance(item, StrideMessage):
            self._strides.append(wire.encode("stride", **item.values))
            self._ends_s = (item.seconds("uptime") or 0.0) + (item.period or 0.0)
        elif isinstance(item, EventMessage) and item.kind != "clock_sync":  # `sync` has this one.
            self._events.append(item.values)
        if self._clock() >= self._due_s:
            self._due_s = self._clock() + _EVERY_S
            with suppress(OSError):  # The content stays in memory, and `finish` reports an error that persists.
                self._save()

    def finish(self) -> None:
        """End the run and store it, unless it has no stride. Call it again after an OSError to store the rest."""
        number = self._number + len(self._strides)
        if number and not self._ended:
            self._events.append({"kind": "stopped", "a": number, "b": 0, **_seconds("uptime", self._ends_s)})
            self._ended = True
        self._save()

    def _save(self) -> None:
        if self._strides or self._events:
            self._write()
        for run, part in list(self._unsaved.items()):
            path = self._store(part)
            del self._unsaved[run]
            self.paths = list(dict.fromkeys([*self.paths, path]))

    def _write(self) -> None:
        self._writer.add_strides(self._strides)
        for event in self._events:
            self._writer.add_event(event)
        self._number += len(self._strides)
        self._strides, self._events = [], []
        if self._number:
            device = self._header["device_id"].hex()
            self._unsaved[self._run] = KeptPart(self._writer.content, device, self._run, self._number)


def _seconds(stem: str, seconds: float) -> dict[str, float]:
    whole, ms = divmod(round(1000 * seconds), 1000)
    return {f"{stem}_s": whole, f"{stem}_ms": ms / 1000}
