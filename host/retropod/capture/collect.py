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

import numpy as np

from retropod import __version__
from retropod.client.message import Message
from retropod.client.messages import RawMessage
from retropod.client.pod import Pod
from retropod.client.refusals import PodRefused
from retropod.client.stream import Gap, Restarted
from retropod.doctor.answering import own_tests, versions
from retropod.errors import DamagedData, NoPod, PortBusy, RetropodError
from retropod.recording import IN_CAPTURE
from retropod.runs import reader
from retropod.runs.download import download
from retropod.runs.samples import RawSamples, decode
from retropod.runs.store import Store
from retropod.transport.serial import PortGone
from retropod.wording import count

FORMAT = "retropod capture 1"
_PRIVATE = ("name", "wearer", "length_note", "device_id")
_MOST_SPAN = 2_000_000  # samples: 40 minutes of the fastest chip, and four times the longest capture
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass
class Captured:
    """Contents of a capture.

    `report`: contents of capture.json. `messages`: strides and events received with the samples. `rate_hz`,
    `acc_lsb_ug` (ug per count) and `gyr_lsb_udps` (udps per count): 0 if unknown. `matrix`: 3x3 rotation from chip to
    shoe axes, row by row. `notes`: missing parts and their reasons. `lost`: error that ended the connection.
    """

    report: dict[str, Any] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    samples: RawSamples | None = None
    rate_hz: float = 0.0
    acc_lsb_ug: int = 0
    gyr_lsb_udps: int = 0
    matrix: tuple[float, ...] = _IDENTITY
    notes: list[str] = field(default_factory=list)
    lost: RetropodError | None = None
    silent: bool = False  # the last part had no answer

    @property
    def even(self) -> bool:
        """True if the samples make a recording: their index increases, and does not jump beyond a recording's limit."""
        if self.samples is None or not self.rate_hz or not self.acc_lsb_ug:
            return False
        index = self.samples.index
        return bool((np.diff(index) > 0).all()) and int(index[-1]) - int(index[0]) < _MOST_SPAN

    def __post_init__(self) -> None:
        self.report["format"] = FORMAT
        self.report["notes"] = self.notes


def take(pod: Pod, seconds: float, anonymous: bool, notify: Callable[[str], None]) -> Captured:
    """Collect the capture; `seconds` of raw samples. `notify` receives progress messages.

    A part that fails is left out with a note. If the pod no longer answers, the rest is left out too.
    """
    captured = Captured()
    report = captured.report
    report["made"] = datetime.now(UTC).isoformat(timespec="seconds")
    report["tool"] = {"retropod": __version__, "python": platform.python_version(), "system": platform.platform()}
    report["hello"] = pod.greeting.values
    report["versions"] = versions(pod).as_json()
    status = _tried(captured, "status", pod.status)
    report["status"] = _values(status)
    captured.rate_hz = float((status and status.rate_mhz) or 0.0)
    _gather(pod, captured, notify)
    if seconds > 0 and captured.lost is None:
        notify(f"recording samples for {seconds:g} s: reproduce the problem now")
        _tried(captured, "samples", lambda: _take_samples(pod, captured, seconds))
    report["status_after"] = _values(_tried(captured, "status after the samples", pod.status))
    if captured.samples is not None and not captured.even:
        captured.notes.append(f"samples: no {IN_CAPTURE}, because their index jumps, or their rate or scale is unknown")
    report["samples"] = _about(captured)
    if anonymous:
        captured.report = _without_names(report)
    return captured


def _gather(pod: Pod, captured: Captured, notify: Callable[[str], None]) -> None:
    report = captured.report
    report["settings"] = _tried(captured, "settings", pod.settings)
    mount = _tried(captured, "mount", pod.mount)
    report["mount"] = _values(mount)
    captured.matrix = tuple(mount.matrix) if mount else _IDENTITY
    report["faults"] = [fault.values for fault in _tried(captured, "faults", pod.faults) or ()]
    report["runs"] = [run.values for run in _tried(captured, "runs", pod.runs) or ()]
    notify("self-test of the pod: keep it still for up to ten seconds")
    results = _tried(captured, "tests", lambda: list(own_tests(pod))) or []
    report["checks"] = [one.as_json() for one in results]
    for one in results:
        if one.item == "range" and one.verdict == "pass" and one.rows:
            captured.acc_lsb_ug = one.rows[0].value
            captured.gyr_lsb_udps = one.rows[1].value if len(one.rows) > 1 else 0


def _values(message: Message | None) -> dict[str, Any] | None:
    return None if message is None else message.values


def _tried(captured: Captured, part: str, ask: Callable[[], Any]) -> Any:
    """Return the answer. If this fails, add a note and return None. Ask nothing after two parts without an answer."""
    if captured.lost is not None:
        captured.notes.append(f"{part}: not asked, because the pod does not answer")
        return None
    try:
        answer = ask()
    except (RetropodError, OSError) as error:
        captured.notes.append(f"{part}: {error}")
        if isinstance(error, NoPod | PortBusy):
            captured.lost = error if isinstance(error, PortGone) or captured.silent else None
            captured.silent = True
        return None
    captured.silent = False
    return answer


# -- samples -------------------------------------------------------------------------------------------------------


def _take_samples(pod: Pod, captured: Captured, seconds: float) -> None:
    raw: list[RawMessage] = []
    try:
        _stream_into(raw, pod, captured, seconds)
    except PodRefused as refusal:
        if refusal.code != "line_too_slow":
            raise
        raw += _recorded(pod, captured, seconds)
    finally:
        if raw:  # also the samples before a loss of the connection
            _keep(captured, raw)
    if not raw:
        captured.notes.append("no samples received: check that the sensor is connected")
    captured.rate_hz = float(pod.status().rate_mhz or 0.0)


def _keep(captured: Captured, raw: Sequence[RawMessage]) -> None:
    """Decode the samples. A damaged message, or one with other axes than the first, is left out with a note."""
    try:
        captured.samples = decode(raw)
    except DamagedData:
        whole = [message for message in raw if _is_whole(message) and message.axes == raw[0].axes]
        captured.notes.append(f"samples: {len(raw) - len(whole)} of {len(raw)} messages are damaged")
        captured.samples = decode(whole) if whole else None


def _is_whole(message: RawMessage) -> bool:
    try:
        decode([message])
    except DamagedData:
        return False
    return True


def _stream_into(raw: list[RawMessage], pod: Pod, captured: Captured, seconds: float) -> None:
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
        "rate_hz": captured.rate_hz or None,
        "acc_lsb_g": captured.acc_lsb_ug / 1e6 or None,
        "gyr_lsb_dps": captured.gyr_lsb_udps / 1e6 or None,
        "frame": "shoe" if (captured.report["mount"] or {}).get("state") not in (None, "none") else "chip",
    }


def _without_names(value: Any) -> Any:
    """Return a copy without the names of pod and wearer and without the device id."""
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return {key: "" if key in _PRIVATE else _without_names(one) for key, one in pairs}
    return [_without_names(one) for one in cast("list[Any]", value)] if isinstance(value, list) else value
