"""`retropod show`."""

import click

from retropod.cli import damage_report, output, timefmt
from retropod.cli.commands import command
from retropod.cli.listing import version
from retropod.cli.options import options
from retropod.errors import DamagedData
from retropod.insight.directions import in_words
from retropod.insight.summary import Bout, Summary, bouts, summarise
from retropod.live.watch import event_json
from retropod.runs import reader
from retropod.runs.store import State, Store
from retropod.runs.timing import RunTime, timing


@command("show")
@click.argument("run", metavar="FILE|RUN")
@click.option("--strides", "with_strides", is_flag=True, help="Show every stride too, with its time of day.")
def show(run: str, with_strides: bool) -> None:
    """Show a stored run: its data, totals and bouts. Give a FILE, or a RUN number of `retropod runs --here`.

    Each time of day has an error bound. If the clock of the pod was not set, the time is derived from an earlier or
    later sync, if there is one. If the file is damaged, the readable part is shown, the missing data are listed, and
    the exit code is 5.
    """
    store = Store()
    path = store.find(run)
    stored = reader.read(path)
    times = timing(stored, path, store)
    summary, parts = summarise(stored.strides), bouts(stored.strides)
    if options().json:
        _emit(stored, times, summary, parts, store.state(path))
    else:
        _head(stored, times)
        _totals(summary)
        _bouts(stored, parts)
        if with_strides:
            _strides(stored, times)
    if not stored.whole:
        damage_report.print_gaps(stored)
        raise damage_report.as_error(path, stored)
    if store.state(path) == "damaged":
        raise DamagedData(
            f"{path} differs from its stored checksum; all of it that is intact was read", damage_report.FETCH_AGAIN
        )


def _emit(stored: reader.Run, times: RunTime, summary: Summary, parts: list[Bout], state: State) -> None:
    output.print_json(
        {
            "type": "run",
            **stored.header.values,
            **timefmt.as_json(times),
            "size": stored.size,
            "raw_blocks": len(stored.raw),
            "state": state,
            "ended": stored.ended,
            "damaged": stored.damaged,
            "missing_blocks": stored.missing,
        }
    )
    for stride in stored.strides:
        output.print_json({"type": "stride", **stride.as_json(), **timefmt.stride_json(times.of(stride))})
    for event in stored.events:
        output.print_json({"type": "event", **event_json(event)})
    for part in parts:
        output.print_json({"type": "bout", **part.as_json()})
    output.print_json({"type": "summary", **summary.as_json()})


def _head(stored: reader.Run, times: RunTime) -> None:
    if stored.headless:
        output.print_pairs(
            [
                ("run", f"unknown pod and wearer, because the header is damaged; {stored.size} bytes"),
                ("start", timefmt.start(times)),
                *damage_report.end(stored),
            ]
        )
        return
    header, drift = stored.header, timefmt.drift(times)
    mount = str(header.mount) + ("" if header.mount in ("given", "verified") else ": the pod decided no direction")
    lengths = "" if header.length_factor in (None, 1.0) else f", length factor {header.length_factor:.3f}"
    output.print_pairs([
        ("run", f"{header.run} of {header.name or header.device_id}, {stored.size} bytes"),
        ("start", timefmt.start(times)),
        *damage_report.end(stored),
        *([("clock", drift)] if drift else []),
        ("wearer", f"{header.wearer or 'no name'}, foot {header.side}"),
        ("pod", f"{header.chip} at {header.rate_mhz:.1f} Hz, firmware {version(header)}, engine {header.model}"),
        ("mount", mount + lengths),
    ])  # fmt: skip


def _totals(summary: Summary) -> None:
    from retropod.live import view

    output.print_line()
    output.print_rich(view.shares(summary))
    far = [f"{metres:.0f} m {in_words(way)}" for way, metres in summary.distance_m.items() if metres >= 0.5]
    output.print_pairs([
        ("strides", f"{summary.strides} in {timefmt.duration(summary.duration_s)} of movement"),
        ("cadence", view.number(summary.cadence_spm, ".0f", " steps/min (median, both feet assumed alike)")),
        ("contact", view.ms(summary.contact_time_s)),
        ("in air", view.ms(summary.aerial_time_s) + " (median of strides with flight, both feet assumed alike)"),
        ("distance", ", ".join(far) or "-"),
    ])  # fmt: skip
    if summary.doubtful_lengths:
        output.print_line(
            f"{summary.doubtful_lengths} strides excluded from speed and distance, because their length is unreliable"
        )


def _bouts(stored: reader.Run, parts: list[Bout]) -> None:
    if not parts:
        return
    from retropod.live import view

    origin = damage_report.origin_s(stored)
    output.print_line()
    output.print_table(["from", "to", "direction", "strides", "m", "m/s", "contact", "steps/min"], [
        [view.clock(part.start_s - origin), view.clock(part.end_s - origin), in_words(part.direction),
         str(part.summary.strides), f"{sum(part.summary.distance_m.values()):.0f}",
         view.number(part.summary.speed_mps, "+.2f", ""), view.ms(part.summary.contact_time_s),
         view.number(part.summary.cadence_spm, ".0f", "")]
        for part in parts
    ], "rrlrrrrr")  # fmt: skip


def _strides(stored: reader.Run, times: RunTime) -> None:
    from rich.text import Text

    from retropod.live import view

    console = output.console()
    console.print(Text(f"\n{'time of day':<22}{view.HEADING}", "bright_black"), soft_wrap=True)
    origin = damage_report.origin_s(stored)
    for stride in stored.strides:
        console.print(Text(timefmt.of_day(times.of(stride))), view.stride_line(stride, origin), sep="", soft_wrap=True)
