"""Terminal view of strides: one line per stride, coloured by direction, and a footer with a summary.

Lines fit 80 columns. Words, signs and characters repeat the information of the colours.
"""

import textwrap

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from retropod.client.messages import EventMessage
from retropod.insight import events
from retropod.insight.context import RunContext
from retropod.insight.directions import DIRECTIONS, in_words
from retropod.insight.groups import by_direction, by_gait
from retropod.insight.stride import Stride
from retropod.insight.summary import Summary
from retropod.insight.units import SI, Units, clock
from retropod.live import guidance, tables
from retropod.live.cues import Cue, CueKind, Cues
from retropod.live.planscore import PlanScore
from retropod.live.tables import GREY, SIGN, STYLE, WIDTH
from retropod.live.watch import StreamStats
from retropod.wording import count

HEADING_EVERY = 20  # lines of strides between two headings on a terminal
# Lines of the terminal for the footer with a second row of directions and a note, and for the next heading. The lines
# of the plan and of the targets come on top.
FOOTER_LINES = 8
PRINTED = (CueKind.STEP, CueKind.TARGET, CueKind.DONE)  # the lines of the strides show a change of direction
_SIDE = {"left": "◀", "right": "▶"}
_BAR = 20
_FULL, _EMPTY = "█", "·"
_CONFIDENCE_BARS = " ▁▂▃▄▅▆▇█"
_INDENT = 9  # columns before the direction
_OF_DAY = 10  # columns of a time of day, 14:03:22.1
_COLUMNS = (
    (-19, "    direction"),
    (5, "sure"),
    (10, "length"),
    (10, "speed"),
    (8, "contact"),
    (8, "in air"),
    (10, "steps/min"),
)
# Not a remark of a stride: every stride of a pod without a known mount has it, and a note explains it once.
_UNREMARKED = ("first", "clipped_acc", "mount_unverified")


def heading(first: str = "time", width: int = 7) -> str:
    """Return the heading of the stride lines. `first`, `width`: name and width of the first column."""
    columns = (f"{name:>{width}}" if width > 0 else f"{name:<{-width}}" for width, name in _COLUMNS)
    return f"{first:>{width}}" + "".join(columns)


HEADING = heading()
HEADING_OF_DAY = heading("of day", _OF_DAY)


def stride_line(stride: Stride, began_s: float, of_day: str | None = None) -> Text:
    """Format a stride as one line, and its remarks as further lines (`Text.split` separates them).

    Unreliable values are grey.
    `began_s`: pod uptime of time 0. `of_day`: text that replaces the time since then.
    """
    style = STYLE.get(stride.direction, "")
    line = Text(_time(stride.end_s - began_s if stride.uptime_s is not None else None, of_day) + "  ")
    line.append(f"{_sign(stride)} {_word(stride):<15}", style)
    line.append(_confidence(stride), style)
    style_of_length = GREY if stride.length_caveats else ""
    line.append(f"{number(stride.length_m, '.2f', ' m'):>8}", style_of_length)
    speed_mps = None if stride.direction == "lateral" else stride.speed_mps  # along the toe axis, so about 0 sideways
    line.append(f"{number(speed_mps, '+.1f', ' m/s'):>10}", style_of_length)
    line.append(
        f"{ms(stride.contact_time_s):>8}{ms(stride.aerial_time_s):>8}{number(stride.cadence_spm, '.0f', ''):>10}"
    )
    indent = " " * _INDENT
    for text in textwrap.wrap(", ".join(_remarks(stride)), WIDTH, initial_indent=indent, subsequent_indent=indent):
        line.append("\n" + text, GREY)
    return line


def event_line(event: EventMessage, began_s: float | None) -> str:
    """Format an event that concerns the wearer as one line. Empty for the other events. `began_s`: as `stride_line`."""
    text, uptime_s = events.in_words(event), event.seconds("uptime")
    if not text:
        return ""
    return f"{_time(None if uptime_s is None or began_s is None else uptime_s - began_s)}  {text}"


def cue_line(cue: Cue, session_s: float | None) -> Text:
    """Format a cue as one line, with the time of the session in s."""
    step = cue.kind == CueKind.STEP
    return Text(f"{_time(session_s)}  {'plan: ' if step else ''}{cue.text}", "bold reverse" if step else "bold")


def _time(seconds: float | None, of_day: str | None = None) -> str:
    if of_day is not None:
        return f"{of_day:>{_OF_DAY}}"
    return f"{'-' if seconds is None else clock(seconds):>7}"


def footer(
    watch: StreamStats,
    elapsed_s: float,
    note: str = "",
    raw_hz: float | None = None,
    units: Units = SI,
    cues: Cues | None = None,
) -> RenderableType:
    """Format shares, plan, current values and link.

    `elapsed_s` in s; `raw_hz`: raw samples per second, None without them.
    """
    total = watch.total()
    guide = [Text(line, "bold") for line in guidance.lines(cues, watch)] if cues else []
    now = _now(watch, total, elapsed_s, units)
    rows: list[RenderableType] = [Text(""), shares(total), *guide, now, _link(watch, raw_hz)]
    if note:
        rows.append(Text(note, "yellow"))
    return Lines(*rows)


def ending(
    watch: StreamStats, raw_hz: float | None = None, units: Units = SI, plan: PlanScore | None = None
) -> RenderableType:
    """Format the summary of a session that has ended: shares, a table of the directions, the plan, and link."""
    total, groups = watch.total(), by_direction(watch.strides, RunContext())
    gaits = [part for one in groups for part in by_gait(one, RunContext())]
    table = [tables.directions(groups, gaits, units), *tables.remarks(groups, gaits)] if groups else []
    doubtful = count(total.doubtful_lengths, "stride")
    unreliable = tables.wrapped(f"{doubtful} of unreliable length left out") if total.doubtful_lengths else []
    return Lines(Text(""), shares(total), Text(""), *table, *unreliable, *tables.plan(plan), _link(watch, raw_hz))


def shares(summary: Summary) -> Table:
    """Format one bar per direction, with its share of strides."""
    shown = [name for name in DIRECTIONS if summary.share[name] or name in ("forward", "backward")]
    grid = Table.grid(padding=(0, 1, 0, 0))
    for index in range(0, len(shown), 2):
        grid.add_row(*(cell for name in shown[index : index + 2] for cell in _share(name, summary)))
    return grid


def _share(direction: str, summary: Summary) -> tuple[RenderableType, ...]:
    style, share = STYLE[direction], summary.share[direction]
    filled = round(share * _BAR)
    bar = Text(_FULL * filled, style)
    bar.append(_EMPTY * (_BAR - filled), GREY)
    percent = f"{share:4.0%}  " if summary.strides else "   -  "
    return Text(f"{SIGN[direction]} {in_words(direction)}", style), bar, Text(percent, style)


def _now(watch: StreamStats, total: Summary, elapsed_s: float, units: Units) -> Text:
    now = watch.now()
    current = {name: one.value for name, one in now.values.items()} if now else {}
    line = Text()
    line.append("now     ", "bright_black")
    for name, value in (
        ("steps/min", number(current.get("cadence_spm"), ".0f", "")),
        ("contact", ms(current.get("contact_time_s"))),
        ("speed", signed_speed(current.get("speed_mps"), units)),
    ):
        line.append(f"{name} ", "bright_black")
        line.append(f"{value}   ", "bold")
    line.append(f"{count(total.strides, 'stride')}, {clock(elapsed_s)}", "bright_black")
    if now is None and watch.standing_s is not None:
        line.append(f", standing {clock(int(watch.standing_s)).removesuffix('.0')}", "bright_black")
    return line


def losses(watch: StreamStats) -> str:
    """Return the losses of the session, empty without a loss."""
    found = [
        (watch.lost_frames, "frame", "lost"),
        (watch.lost_strides, "stride", "missing"),
        (watch.lost_samples, "sample", "missing"),
        (watch.dropped_on_pod, "frame", "dropped by the pod"),
        (watch.unread, "message", "not read in time"),
        (watch.restarts, "restart", "of the pod"),
        (watch.disconnections, "disconnection", f"of {clock(watch.away_s)} in all"),
    ]
    return ", ".join(f"{count(number, noun)} {state}" for number, noun, state in found if number)


def _link(watch: StreamStats, raw_hz: float | None) -> RenderableType:
    line = Text()
    line.append("link    ", "bright_black")
    text = losses(watch)
    lines = textwrap.wrap("● " + (text or "no gaps, no drops"), WIDTH - len(line.plain))
    line.append(("\n" + " " * len(line.plain)).join(lines), "red" if text else "green")
    if raw_hz is not None:
        line.append(f"\nraw     {raw_hz:.0f} samples/s, {watch.raw_samples} in all", "bright_black")
    return Lines(*line.split())


def _sign(stride: Stride) -> str:
    return _SIDE.get(stride.side or "", SIGN.get(stride.direction, "?"))


def _word(stride: Stride) -> str:
    return in_words(f"{stride.direction}_{stride.side or ''}")


def _confidence(stride: Stride) -> str:
    if stride.confidence is None:
        return "     ? "
    bar = _CONFIDENCE_BARS[round(stride.confidence * (len(_CONFIDENCE_BARS) - 1))]
    return f"{min(int(stride.confidence * 100), 99):4d}% {bar}"  # Never show 100 %.


def _remarks(stride: Stride) -> list[str]:
    """Return the limitations of a stride. The flag of a later version of the pod is a number."""
    flags = [flag for flag in stride.flags if flag not in _UNREMARKED]
    words = [f"unknown flag {flag}" if flag.startswith("0x") else flag.replace("_", " ") for flag in flags]
    return [*words, *dict.fromkeys(stride.impossible.values())]


def number(value: float | None, form: str, unit: str) -> str:
    """Format a number with its unit, or a dash for None. `form` is a format specification."""
    return "-" if value is None else f"{value:{form}}{unit}"


def signed_speed(speed_mps: float | None, units: Units) -> str:
    """Format a speed, negative backward, or a dash for None."""
    return number(None if speed_mps is None else speed_mps / units.mps, f"+{units.speed_form}", f" {units.speed}")


def ms(seconds: float | None, remark: str = "") -> str:
    """Format seconds as whole milliseconds and a remark, or as a dash for None."""
    return "-" if seconds is None else f"{seconds * 1000:.0f} ms{remark}"
