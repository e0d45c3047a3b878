"""`retropod show`."""

import sys
from typing import Any

import click

from retropod.cli import damage_report, output, timefmt
from retropod.cli.commands import command
from retropod.cli.listing import version
from retropod.cli.opened import open_store
from retropod.cli.options import options
from retropod.errors import DamagedData
from retropod.insight import events
from retropod.insight.analysis import Analysis
from retropod.insight.stride import rounded
from retropod.insight.units import UNITS
from retropod.runs import reader
from retropod.runs.feet import Feet, feet_of
from retropod.runs.loaded import LoadedRun, load
from retropod.runs.store import State
from retropod.runs.timing import RunTime
from retropod.wording import bound

# Keys of the header of a run in JSON.
_HEADER = (
    "run", "continues", "device_id", "name", "wearer", "side", "firmware", "model", "chip", "rate_hz", "acc_lsb_g",
    "gyr_lsb_dps", "mount", "matrix", "length_factor", "boot_count", "uptime_s", "sample", "slept_s", "clock_state",
    "pod_epoch_s",
)  # fmt: skip


@command("show")
@click.argument("run", metavar="FILE|RUN")
@click.option("--strides", "with_strides", is_flag=True, help="Show every stride too, with its time of day.")
@click.option("--units", type=click.Choice(list(UNITS)), help="Set the units. Default: `units` of the settings file.")
def show(run: str, with_strides: bool, units: str | None) -> None:
    """Show a stored run: its directions, bouts, intervals, laps and quality. Give a FILE, or a RUN of `runs --here`.

    Each value is a median of strides in one direction. A value that the data cannot give is a dash, with its reason.
    docs/metrics.md defines the metrics. If the file is damaged, the readable part is shown, the missing data are
    listed, and the exit code is 5. With --json, each line is one object in SI units; `docs/json/show.schema.json`
    describes the keys.
    """
    from retropod.cli import preferences

    chosen = preferences.units(units)
    store = open_store()
    path = store.find(run)
    loaded = load(store, path)
    stored, times, _ = loaded
    analysis, feet = loaded.analysis(), feet_of(store, path, loaded)
    if options().json:
        _emit(loaded, analysis, feet, store.state(path))
    else:
        from retropod.cli import run_text

        output.print_pairs(run_text.head(loaded))
        run_text.print_analysis(analysis, times, events.laps(stored.events), chosen)
        run_text.print_feet(feet, chosen)
        if with_strides:
            _strides(stored, times)
    if not stored.whole:
        damage_report.print_gaps(stored)
        raise damage_report.as_error(path, stored)
    if store.state(path) == "damaged":
        raise DamagedData(
            f"{path} differs from its stored checksum; all of it that is intact was read", damage_report.FETCH_AGAIN
        )


def _emit(loaded: LoadedRun, analysis: Analysis, feet: Feet | None, state: State) -> None:
    stored, times, stated = loaded
    output.print_json(
        {
            "type": "run",
            **_header_json(stored),
            **timefmt.as_json(times),
            "size_bytes": stored.size,
            "raw_blocks": len(stored.raw),
            "state": state,
            "ended": stored.ended,
            "damaged": stored.damaged,
            "missing_blocks": stored.missing,
            "tags": stated.tags,
            "mass_kg": stated.wearer.mass_kg,
        }
    )
    for stride in stored.strides:
        output.print_json({"type": "stride", **stride.as_json(), **timefmt.stride_json(times.of(stride))})
    for event in stored.events:
        output.print_json({"type": "event", **events.as_json(event)})
    for lap in events.laps(stored.events):
        output.print_json({"type": "lap", **_lap_json(stored, lap, times)})
    for kind, value in analysis.lines():
        output.print_json({"type": kind, **value})
    for line in feet.lines() if feet else ():
        output.print_json({"type": "feet", **line})


def _header_json(stored: reader.Run) -> dict[str, Any]:
    """Return the header of the run. All values are null if the header is damaged."""
    header = stored.header
    if stored.headless:
        return dict.fromkeys(_HEADER, None)
    pod_epoch_s = header.seconds("epoch") if header.clock_state != "unset" else None
    chip = None if header.chip == "none" else str(header.chip)
    values = (
        header.run, header.continues, header.device_id, header.name, header.wearer, str(header.side), version(header),
        header.model or None, chip, header.rate_mhz, header.acc_lsb_ug, header.gyr_lsb_udps, str(header.mount),
        header.matrix, header.length_factor, header.boot_count, header.seconds("uptime"), header.sample,
        header.values.get("slept_s"), str(header.clock_state), pod_epoch_s,
    )  # fmt: skip
    return rounded(dict(zip(_HEADER, values, strict=True)), 9)  # the scales are small numbers


def _lap_json(stored: reader.Run, lap: events.Lap, times: RunTime) -> dict[str, Any]:
    into_s = None if lap.uptime_s is None else lap.uptime_s - damage_report.origin_s(stored)
    wall = None if lap.uptime_s is None else times.at(lap.uptime_s)
    return {
        "number": lap.number,
        "into_run_s": rounded(into_s),
        "uptime_s": rounded(lap.uptime_s),
        **timefmt.stride_json(wall),
    }


def _strides(stored: reader.Run, times: RunTime) -> None:
    """Print the strides with their times of day, or with the time into the run if no clock is known."""
    from rich.text import Text

    from retropod.live import view

    console, origin = output.console(), damage_report.origin_s(stored)
    walls = [times.of(stride) for stride in stored.strides]
    bounds = [wall.error_s for wall in walls if wall is not None]
    output.print_line()
    if bounds:
        least, most = bound(min(bounds)), bound(max(bounds))
        output.print_line(f"times of day: ±{least}" + (f" to ±{most}" if most != least else ""))
    every = view.HEADING_EVERY if sys.stdout.isatty() else len(walls)
    for at, (stride, wall) in enumerate(zip(stored.strides, walls, strict=True)):
        if at % every == 0:
            console.print(Text(view.HEADING_OF_DAY if bounds else view.HEADING, "bright_black"), soft_wrap=True)
        for line in view.stride_line(stride, origin, timefmt.of_day(wall) if bounds else None).split():
            console.print(line, soft_wrap=True)
