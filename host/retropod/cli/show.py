"""`retropod show`."""

import sys

import click

from retropod.cli import damage_report, output, timefmt
from retropod.cli.frame import command, settings
from retropod.cli.info import span
from retropod.cli.listing import firmware
from retropod.insight.summary import Bout, Summary, bouts, summarise
from retropod.live.watch import event_json
from retropod.runs import reader
from retropod.runs.store import Store
from retropod.runs.timing import RunTime, timing


@command("show")
@click.argument("run", metavar="FILE|RUN")
@click.option("--strides", "with_strides", is_flag=True, help="Every stride too.")
def show(run: str, with_strides: bool) -> None:
    """A stored run: what it is, what it amounts to, its bouts. RUN is a number of `retropod runs --here`.

    Times of day come with the most that they may be off; a run whose pod did not know the time gets it from syncs
    before or after, where that can be worked out. A file with damage is shown as far as it can be read, what is missing
    is listed, and the exit code is 5.
    """
    store = Store()
    path = store.find(run)
    stored = reader.read(path)
    times = timing(stored, path, store)
    summary, parts = summarise(stored.strides), bouts(stored.strides)
    if settings().json:
        _emit(stored, times, summary, parts)
    else:
        _head(stored, times)
        _amounts(summary)
        _bouts(stored, parts)
        if with_strides:
            _strides(stored, times)
    if not stored.whole:
        damage_report.tell(stored, damage_report.began(stored))
        raise damage_report.error(path, stored)


def _emit(stored: reader.Run, times: RunTime, summary: Summary, parts: list[Bout]) -> None:
    output.emit({"type": "run", **stored.header.values, **timefmt.as_json(times), "size": stored.size,
                 "raw_blocks": len(stored.raw), "damaged": stored.damaged,
                 "missing_blocks": stored.missing})  # fmt: skip
    for stride in stored.strides:
        output.emit({"type": "stride", **stride.as_json(), **timefmt.stride_json(times.of(stride))})
    for event in stored.events:
        output.emit({"type": "event", **event_json(event)})
    for part in parts:
        output.emit({"type": "bout", **part.as_json()})
    output.emit({"type": "summary", **summary.as_json()})


def _head(stored: reader.Run, times: RunTime) -> None:
    if stored.headless:
        output.pairs([("run", f"its header is damaged: whose it is, is not known; {stored.size} bytes"),
                      ("start", timefmt.start(times))])  # fmt: skip
        return
    header, drift = stored.header, timefmt.drift(times)
    mount = str(header.mount) + ("" if header.mount in ("given", "verified") else ": no direction was decided")
    lengths = "" if header.length_factor in (None, 1.0) else f", lengths times {header.length_factor:.3f}"
    output.pairs([
        ("run", f"{header.run} of {header.name or header.device_id}, {stored.size} bytes"),
        ("start", timefmt.start(times)),
        *([("clock", drift)] if drift else []),
        ("worn", f"{header.wearer or 'wearer not named'}, foot {header.side}"),
        ("pod", f"{header.chip} at {header.rate_mhz:.1f} Hz, firmware {firmware(header)}, engine {header.model}"),
        ("mount", mount + lengths),
    ])  # fmt: skip


def _amounts(summary: Summary) -> None:
    from rich.console import Console

    from retropod.live import view

    output.line()
    sys.stdout.flush()
    Console(highlight=False).print(view.shares(summary))
    far = [f"{metres:.0f} m {way}" for way, metres in summary.distance_m.items() if metres >= 0.5]
    output.pairs([
        ("strides", f"{summary.strides} in {span(summary.duration_s)} of moving"),
        ("cadence", view.number(summary.cadence_spm, ".0f", " steps/min (median; other foot assumed alike)")),
        ("contact", view.ms(summary.contact_time_s)),
        ("in air", view.ms(summary.aerial_time_s) + " (median of strides with flight; both sides assumed alike)"),
        ("distance", ", ".join(far) or "-"),
    ])  # fmt: skip
    if summary.doubtful_lengths:
        output.line(f"{summary.doubtful_lengths} strides left out of speed and distance: their length is in doubt")


def _bouts(stored: reader.Run, parts: list[Bout]) -> None:
    if not parts:
        return
    from retropod.live import view

    began = damage_report.began(stored)
    output.line()
    output.table(["from", "to", "direction", "strides", "m", "m/s", "contact", "steps/min"], [
        [view.clock(part.start_s - began), view.clock(part.end_s - began), part.direction, str(part.summary.strides),
         f"{sum(part.summary.distance_m.values()):.0f}", view.number(part.summary.speed_mps, "+.2f", ""),
         view.ms(part.summary.contact_time_s), view.number(part.summary.cadence_spm, ".0f", "")]
        for part in parts
    ], "rrlrrrrr")  # fmt: skip


def _strides(stored: reader.Run, times: RunTime) -> None:
    from rich.console import Console
    from rich.text import Text

    from retropod.live import view

    console = Console(highlight=False)
    console.print(Text(f"\n{'time of day':<22}{view.HEADING}", "bright_black"), soft_wrap=True)
    began = damage_report.began(stored)
    for stride in stored.strides:
        console.print(Text(timefmt.of_day(times.of(stride))), view.stride_line(stride, began), sep="", soft_wrap=True)
