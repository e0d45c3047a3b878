"""Everything that a bug report needs from a pod: state, settings, faults, its tests of itself, samples.

`capturefile` writes it.
"""

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
from retropod.runs.samples import Samples, decode
from retropod.runs.store import Store

FORMAT = "retropod capture 1"
_PRIVATE = ("name", "wearer", "length_note", "device_id")
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass
class Captured:
    """What a capture holds: `report` as it stands in capture.json, messages beside the samples, the samples."""

    report: dict[str, Any] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    samples: Samples | None = None
    rate_hz: float = 0.0
    acc_lsb_ug: int = 0
    gyr_lsb_udps: int = 0
    matrix: tuple[float, ...] = _IDENTITY
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.report["format"] = FORMAT
        self.report["notes"] = self.notes


def take(pod: Pod, seconds: float, anonymous: bool, told: Callable[[str], None]) -> Captured:
    """Ask the pod for everything. `told` gets a line about what is going on. Raises only when the pod goes away."""
    held = Captured()
    report = held.report
    report["made"] = datetime.now(UTC).isoformat(timespec="seconds")
    report["tool"] = {"retropod": __version__, "python": platform.python_version(), "system": platform.platform()}
    report["hello"] = pod.greeting.values
    report["versions"] = versions(pod).as_json()
    report["status"] = pod.status().values
    _gather(pod, held, told)
    if seconds > 0:
        told(f"taking samples for {seconds:g} s: do now what goes wrong")
        _take_samples(pod, held, seconds)
    report["status_after"] = pod.status().values
    report["samples"] = _about(held)
    if anonymous:
        held.report = _without_names(report)
    return held


def _gather(pod: Pod, held: Captured, told: Callable[[str], None]) -> None:
    report = held.report
    report["settings"] = _tried(held, "settings", pod.settings)
    mount = _tried(held, "mount", pod.mount)
    report["mount"] = mount.values if mount else None
    held.matrix = tuple(mount.matrix) if mount else _IDENTITY
    report["faults"] = [fault.values for fault in _tried(held, "faults", pod.faults) or ()]
    report["runs"] = [run.values for run in _tried(held, "runs", pod.runs) or ()]
    told("the pod tests itself: let it lie still, up to ten seconds")
    results = _tried(held, "tests", lambda: list(own_tests(pod))) or []
    report["checks"] = [one.as_json() for one in results]
    for one in results:
        if one.item == "range" and one.verdict == "pass":
            held.acc_lsb_ug = one.rows[0].value
            held.gyr_lsb_udps = one.rows[1].value if len(one.rows) > 1 else 0


def _tried(held: Captured, what: str, ask: Callable[[], Any]) -> Any:
    """The answer; None, with a note, when the pod refuses or speaks another version."""
    try:
        return ask()
    except (NoPod, PortBusy):
        raise
    except RetropodError as error:
        held.notes.append(f"{what}: {error.message}")
        return None


# -- samples -------------------------------------------------------------------------------------------------------


def _take_samples(pod: Pod, held: Captured, seconds: float) -> None:
    try:
        raw = _streamed(pod, held, seconds)
    except PodRefused as refusal:
        if refusal.code != "line_too_slow":
            held.notes.append(f"samples: {refusal.message}")
            return
        raw = _by_way_of_flash(pod, held, seconds)
    except RetropodError as error:
        if pod.connection.core_only is None:
            raise
        held.notes.append(f"samples: {error.message}")
        return
    _keep(pod, held, raw)


def _keep(pod: Pod, held: Captured, raw: Sequence[RawMessage]) -> None:
    rate = pod.status().rate_mhz
    held.rate_hz = float(rate or 0.0)
    if not raw:
        held.notes.append("no samples came: is the sensor there?")
        return
    try:
        held.samples = decode(raw)
    except DamagedData as error:
        held.notes.append(f"samples: {error.message}")


def _streamed(pod: Pod, held: Captured, seconds: float) -> list[RawMessage]:
    raw: list[RawMessage] = []
    with pod.stream("raw", "strides", "events") as stream:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            item = stream.next(min(left, 0.5))
            if isinstance(item, Gap):
                held.notes.append(f"{item.frames} frames were lost {'here' if item.here else 'on the line'}")
            elif isinstance(item, Restarted):
                held.notes.append("the pod restarted while samples were taken; those before are left out")
                raw.clear()
            elif isinstance(item, RawMessage):
                raw.append(item)
            elif item is not None:
                held.messages.append({"type": item.type, **item.values})
    return raw


def _by_way_of_flash(pod: Pod, held: Captured, seconds: float) -> Sequence[RawMessage]:
    """The line is too slow for raw samples as they come: a run on the pod's flash, fetched and erased."""
    try:
        run = pod.record("start", "raw")
    except PodRefused as refusal:
        held.notes.append(f"samples: the line is too slow for them, and {refusal.message}")
        return ()
    held.notes.append("the line is too slow for raw samples as they come: recorded on the pod, and fetched")
    try:
        time.sleep(seconds)
    finally:
        pod.record("stop")
    with tempfile.TemporaryDirectory(prefix="retropod-") as folder:
        path = download(pod, Store(Path(folder)), run).path
        stored = reader.read(path)
        held.messages += [{"type": event.type, **event.values} for event in stored.events]
    with suppress(PodRefused):
        pod.erase(run, pod.digest(run, stored.size)[1], stored.size)
    return stored.raw


def _about(held: Captured) -> dict[str, Any] | None:
    if held.samples is None:
        return None
    index = held.samples.index
    span = int(index[-1] - index[0]) + 1
    return {
        "count": len(index),
        "missing": span - len(index),
        "axes": held.samples.counts.shape[1],
        "rate_hz": held.rate_hz,
        "acc_lsb_ug": held.acc_lsb_ug,
        "gyr_lsb_udps": held.gyr_lsb_udps,
        "frame": "shoe" if (held.report["mount"] or {}).get("state") not in (None, "none") else "chip",
    }


def _without_names(value: Any) -> Any:
    """The same without names of pod and wearer, and without its id."""
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return {key: "" if key in _PRIVATE else _without_names(one) for key, one in pairs}
    return [_without_names(one) for one in cast("list[Any]", value)] if isinstance(value, list) else value
