"""The rows of one run in each table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retropod.client.message import Message
from retropod.client.messages import StrideMessage
from retropod.client.wire import Layout
from retropod.export import tables
from retropod.export.tables import Columns
from retropod.insight import events
from retropod.insight.columns import Values, columns
from retropod.insight.context import RunContext
from retropod.insight.groups import MeasuredGroup, bouts, laps
from retropod.insight.stride import Stride
from retropod.runs import reader
from retropod.runs.loaded import LoadedRun
from retropod.runs.reader import Run
from retropod.runs.timing import RunTime
from retropod.runs.walltime import PRIOR_PPM, Wall

_BETWEEN = 100  # strides between two that get their wall time from the clock syncs


@dataclass(frozen=True)
class RunSource:
    """A run to export: its name and file, and the run with undecoded strides and without raw samples."""

    name: str
    path: Path
    loaded: LoadedRun

    @property
    def run(self) -> Run:
        """Contents of the file."""
        return self.loaded.run

    @property
    def times(self) -> RunTime:
        """Wall times of the run."""
        return self.loaded.times

    @property
    def origin_s(self) -> float | None:
        """Pod uptime from which the times of the run count, in s. None: the header that states it is damaged."""
        return self.run.header.seconds("uptime")

    @property
    def context(self) -> RunContext:
        """Facts that decide which metrics are valid."""
        return self.loaded.context

    def whole(self) -> Run:
        """Return the run with decoded strides and raw samples. Reads the file again."""
        return reader.read(self.path)


def of_run(source: RunSource, wanted: Sequence[str]) -> dict[str, Columns]:
    """Return the columns of the run for each wanted table."""
    made = {"runs": _run, "strides": _strides, "bouts": _bouts, "laps": _laps}
    return {name: made[name](source) for name in wanted}


def _common(source: RunSource) -> dict[str, str]:
    header = source.run.header
    return {"run": source.name, "wearer": header.wearer, "side": known(str(header.side))}


def known(word: str) -> str:
    """Return a word, empty for `unknown`."""
    return "" if word == "unknown" else word


def _run(source: RunSource) -> Columns:
    run, header = source.run, source.run.header
    values = {
        "pod": header.device_id,
        "pod_name": header.name,
        "firmware": "" if run.headless else version(run),
        "model": header.model or None,
        "chip": known(str(header.chip or "unknown")) if header.chip != "none" else "",
        "rate_hz": header.rate_mhz,
        "mount": known(str(header.mount)),
        "missing_blocks": run.missing,
        "damaged_bytes": sum(end - start for start, end in run.damaged),
    }
    return tables.of_rows(
        tables.RUNS, [_common(source) | values | _wall("start", source.times.start) | source.loaded.stated.tags]
    )


def version(run: Run) -> str:
    """Return the version of the app that recorded the run."""
    header = run.header
    return f"{header.firmware_major}.{header.firmware_minor}.{header.firmware_patch}"


def _wall(stem: str, wall: Wall | None) -> dict[str, Any]:
    return {f"{stem}_utc": wall.time_s, f"{stem}_error_s": wall.error_s} if wall else {}


def _laps(source: RunSource) -> Columns:
    """Return a row for each direction of each lap. A lap without strides has one row without a direction."""
    strides, rows = source.whole().strides, list[dict[str, Any]]()
    for lap in laps(strides, events.laps(source.run.events), source.context):
        end_s = lap.end_s if lap.end_s is not None else max(one.end_s for one in strides)
        place = {"number": lap.number, **_place(source, lap.start_s, end_s)}
        rows += [place | _metrics(group) for group in lap.groups] or [place]
    return tables.of_rows(tables.LAPS, [_common(source) | row for row in rows])


def _bouts(source: RunSource) -> Columns:
    found = bouts(source.whole().strides, source.context)
    rows = [
        _common(source) | {"number": number} | _place(source, bout.start_s, bout.end_s) | _metrics(bout)
        for number, bout in enumerate(found, 1)
    ]
    return tables.of_rows(tables.BOUTS, rows)


def _place(source: RunSource, start_s: float, end_s: float) -> dict[str, Any]:
    into_s = None if source.origin_s is None else start_s - source.origin_s
    return {"into_run_s": into_s, "duration_s": end_s - start_s} | _wall("start", source.times.at(start_s))


def _metrics(group: MeasuredGroup) -> dict[str, Any]:
    """Return the metrics of a group, and the reasons of those that are absent."""
    absent = [f"{name}: {one.reason}" for name, one in group.values.items() if one.reason is not None]
    values = {name: one.value for name, one in group.values.items()}
    return {"direction": group.direction, **values, "absent": "; ".join(absent)}


def _strides(source: RunSource) -> Columns:
    layout, records = source.run.layout, b"".join(source.run.rows or ())
    if layout is None or not records:
        return tables.of_rows(tables.STRIDES, [])
    found = columns(layout, records)
    count = len(records) // layout.size
    common = {name: tables.constant(text, count) for name, text in _common(source).items()}
    every = found | common | _walls(source, layout, records, found)
    return {column.name: every[column.name] for column in tables.STRIDES.columns}


def _walls(source: RunSource, layout: Layout, records: bytes, found: Mapping[str, Values]) -> Columns:
    """Return wall time (s since 1970) and error bound (s) of each stride, interpolated between some of them."""
    uptime_s, sample = np.asarray(found["uptime_s"]), np.asarray(found["sample"])
    count = len(sample)
    # A restart of the chip widens the bound from its event on.
    after_events = np.searchsorted(sample, [event.sample for event in source.run.events]).tolist()
    places = {*range(0, count, _BETWEEN), count - 1, *(place for place in after_events if place < count)}
    pieces = (records[place * layout.size : (place + 1) * layout.size] for place in sorted(places))
    probed = _probed(source, map(layout.decode, pieces))
    if not probed:
        return dict.fromkeys(("time_utc", "time_error_s"), np.full(count, np.nan))
    at_s, time_s, error_s = (np.array(column) for column in zip(*probed, strict=True))
    after = np.searchsorted(at_s, uptime_s).clip(0, len(at_s) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(uptime_s - at_s[before]) < np.abs(uptime_s - at_s[after]), before, after)
    apart_s = uptime_s - at_s[nearest]
    bound_s = np.maximum(error_s[before], error_s[after]) + np.abs(apart_s) * PRIOR_PPM * 1e-6
    return {"time_utc": time_s[nearest] + apart_s, "time_error_s": bound_s}


def _probed(source: RunSource, messages: Iterable[Message]) -> list[tuple[float, float, float]]:
    """Return uptime, wall time and error bound of the strides, by uptime, where they are known."""
    found: dict[float, Wall] = {}
    for message in messages:
        stride = Stride.of(message) if isinstance(message, StrideMessage) else None
        if stride and stride.uptime_s is not None and (wall := source.times.of(stride)) is not None:
            found[stride.uptime_s] = wall
    return [(at_s, wall.time_s, wall.error_s) for at_s, wall in sorted(found.items())]
