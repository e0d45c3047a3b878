"""Data collection for a bug report: state, settings, faults, self-test and samples of a pod. `archive` writes it."""

import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from retropod import __version__
from retropod.client.messages import RawMessage
from retropod.client.pod import Pod
from retropod.client.refusals import PodRefused
from retropod.client.stream import Gap, Restarted
from retropod.doctor.answering import own_tests, versions
from retropod.errors import DamagedData, NoPod, PortBusy, RetropodError
from retropod.runs import reader
from retropod.runs.download import download
from retropod.runs.samples import RawSamples, decode
from retropod.runs.store import Store
from retropod.wording import count

FORMAT = "retropod capture 1"
_PRIVATE = ("name", "wearer", "length_note", "device_id")
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass
class Captured:
    """Contents of a capture.

    `report`: contents of capture.json. `messages`: strides and events received with the samples. `rate_hz`,
    `acc_lsb_ug` (ug per count) and `gyr_lsb_udps` (udps per count): 0 if unknown. `matrix`: 3x3 rotation from chip to
    shoe axes, row by row. `notes`: missing parts and their reasons.
    """

    report: dict[str, Any] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    samples: RawSamples | None = None
    rate_hz: float = 0.0
    acc_lsb_ug: int = 0
    gyr_lsb_udps: int = 0
    matrix: tuple[float, ...] = _IDENTITY
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.report["format"] = FORMAT
        self.report["notes"] = self.notes


def take(pod: Pod, seconds: float, anonymous: bool, notify: Callable[[str], None]) -> Captured:
    """Collect the capture; `seconds` of raw samples. `notify` receives progress messages.

    A part that the pod refuses is left out with a note. Raises NoPod or PortBusy if the connection is lost.
    """
    captured = Captured()
    report = captured.report
    report["made"] = datetime.now(UTC).isoformat(timespec="seconds")
    report["tool"] = {"retropod": __version__, "python": platform.python_version(), "system": platform.platform()}
    report["hello"] = pod.greeting.values
    report["versions"] = versions(pod).as_json()
    report["status"] = pod.status().values
    _gather(pod, captured, notify)
    if seconds > 0:
        notify(f"recording samples for {seconds:g} s: reproduce the problem now")
        _take_samples(pod, captured, seconds)
    report["status_after"] = pod.status().values
    report["samples"] = _about(captured)
    if anonymous:
        captured.report = _without_names(report)
    return captured


def _gather(pod: Pod, captured: Captured, notify: Callable[[str], None]) -> None:
    report = captured.report
    report["settings"] = _tried(captured, "settings", pod.settings)
    mount = _tried(captured, "mount", pod.mount)
    report["mount"] = mount.values if mount else None
    captured.matrix = tuple(mount.matrix) if mount else _IDENTITY
    report["faults"] = [fault.values for fault in _tried(captured, "faults", pod.faults) or ()]
    report["runs"] = [run.values for run in _tried(captured, "runs", pod.runs) or ()]
    notify("self-test of the pod: keep it still for up to ten seconds")
    results = _tried(captured, "tests", lambda: list(own_tests(pod))) or []
    report["checks"] = [one.as_json() for one in results]
    for one in results:
        if one.item == "range" and one.verdict == "pass":
            captured.acc_lsb_ug = one.rows[0].value
            captured.gyr_lsb_udps = one.rows[1].value if len(one.rows) > 1 else 0


def _tried(captured: Captured, part: str, ask: Callable[[], Any]) -> Any:
    """Return the answer. If the pod refuses or has another protocol version, add a note and return None."""
    try:
        return ask()
    except (NoPod, PortBusy):
        raise
    except RetropodError as error:
        captured.notes.append(f"{part}: {error.message}")
        return None


# -- samples -------------------------------------------------------------------------------------------------------


def _take_samples(pod: Pod, captured: Captured, seconds: float) -> None:
    try:
        raw = _streamed(pod, captured, seconds)
    except PodRefused as refusal:
        if refusal.code != "line_too_slow":
            captured.notes.append(f"samples: {refusal.message}")
            return
        raw = _recorded(pod, captured, seconds)
    except RetropodError as error:
        if pod.connection.core_only is None:
            raise
        captured.notes.append(f"samples: {error.message}")
        return
    _keep(pod, captured, raw)


def _keep(pod: Pod, captured: Captured, raw: Sequence[RawMessage]) -> None:
    rate = pod.status().rate_mhz
    captured.rate_hz = float(rate or 0.0)
    if not raw:
        captured.notes.append("no samples received: check that the sensor is connected")
        return
    try:
        captured.samples = decode(raw)
    except DamagedData as error:
        captured.notes.append(f"samples: {error.message}")


def _streamed(pod: Pod, captured: Captured, seconds: float) -> list[RawMessage]:
    raw: list[RawMessage] = []
    with pod.stream("raw", "strides", "events") as stream:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            item = stream.next(min(left, 0.5))
            if isinstance(item, Gap):
                where = "on this host" if item.here else "on the line"
                captured.notes.append(f"{count(item.frames, 'frame was', 'frames were')} lost {where}")
            elif isinstance(item, Restarted):
                captured.notes.append("the pod restarted: the samples before the restart are left out")
                raw.clear()
            elif isinstance(item, RawMessage):
                raw.append(item)
            elif item is not None:
                captured.messages.append({"type": item.type, **item.values})
    return raw


def _recorded(pod: Pod, captured: Captured, seconds: float) -> Sequence[RawMessage]:
    """Record raw samples on the pod, download the run and erase it, because the line is too slow to stream them."""
    try:
        run = pod.record("start", "raw")
    except PodRefused as refusal:
        captured.notes.append(f"samples: the line is too slow to stream them, and {refusal.message}")
        return ()
    captured.notes.append("the line is too slow to stream raw samples: recorded on the pod and downloaded")
    try:
        time.sleep(seconds)
    finally:
        pod.record("stop")
    with tempfile.TemporaryDirectory(prefix="retropod-") as folder:
        path = download(pod, Store(Path(folder)), run).path
        stored = reader.read(path)
        captured.messages += [{"type": event.type, **event.values} for event in stored.events]
    with suppress(PodRefused):
        pod.erase(run, pod.digest(run, stored.size)[1], stored.size)
    return stored.raw


def _about(captured: Captured) -> dict[str, Any] | None:
    if captured.samples is None:
        return None
    index = captured.samples.index
    span = int(index[-1] - index[0]) + 1
    return {
        "count": len(index),
        "missing": span - len(index),
        "axes": captured.samples.counts.shape[1],
        "rate_hz": captured.rate_hz,
        "acc_lsb_ug": captured.acc_lsb_ug,
        "gyr_lsb_udps": captured.gyr_lsb_udps,
        "frame": "shoe" if (captured.report["mount"] or {}).get("state") not in (None, "none") else "chip",
    }


def _without_names(value: Any) -> Any:
    """Return a copy without the names of pod and wearer and without the device id."""
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return {key: "" if key in _PRIVATE else _without_names(one) for key, one in pairs}
    return [_without_names(one) for one in cast("list[Any]", value)] if isinstance(value, list) else value
