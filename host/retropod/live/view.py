"""Terminal view of strides: one line per stride, coloured by direction, and a footer with a summary."""

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from retropod.insight.directions import in_words
from retropod.insight.stride import Stride
from retropod.insight.summary import DIRECTIONS, Summary
from retropod.live.watch import StreamStats

# Symbols and words repeat the information of the colours, for colour-blind users and monochrome terminals.
STYLE = {"forward": "green", "backward": "bold magenta", "lateral": "cyan", "unknown": "yellow"}
_SIGN = {"forward": "▲", "backward": "▼", "lateral": "◆", "unknown": "·"}
_SIDE = {"left": "◀", "right": "▶"}
_BAR = 20
_CONFIDENCE_BARS = " ▁▂▃▄▅▆▇█"
_COLUMNS = (
    (7, "time"),
    (-19, "    direction"),
    (5, "sure"),
    (10, "length"),
    (9, "speed"),
    (9, "contact"),
    (9, "in air"),
)
HEADING = "".join(f"{name:>{width}}" if width > 0 else f"{name:<{-width}}" for width, name in _COLUMNS) + "  steps/min"
_GREY = "bright_black"


def clock(seconds: float) -> str:
    """Format seconds as m:ss.t, or as h:mm:ss from one hour on."""
    minutes, rest = divmod(max(seconds, 0.0), 60)
    if minutes >= 60:
        return f"{int(minutes) // 60}:{int(minutes) % 60:02d}:{int(rest):02d}"
    return f"{int(minutes)}:{rest:04.1f}"


def stride_line(stride: Stride, began_s: float) -> Text:
    """Format a stride as one line. `began_s`: pod uptime of time 0. Unreliable values are grey; the reason follows."""
    style = STYLE.get(stride.direction, "")
    line = Text(f"{clock(stride.end_s - began_s):>7}  ")
    line.append(f"{_sign(stride)} {_word(stride):<15}", style)
    line.append(_confidence(stride), style)
    style_of_length = _GREY if stride.length_caveats else ""
    line.append(f"{number(stride.length_m, '.2f', ' m'):>8}", style_of_length)
    line.append(f"{number(stride.speed_mps, '+.1f', ' m/s'):>9}", style_of_length)
    line.append(
        f"{ms(stride.contact_time_s):>9}{ms(stride.aerial_time_s):>9}{number(stride.cadence_spm, '.0f', ''):>11}"
    )
    remarks = _remarks(stride)
    if remarks:
        line.append("  " + ", ".join(remarks), _GREY)
    return line


def footer(watch: StreamStats, elapsed_s: float, note: str = "", raw_hz: float | None = None) -> RenderableType:
    """Format shares, current values and link. `elapsed_s` in s; `raw_hz`: raw samples per second, None without them."""
    total, now = watch.total(), watch.now()
    rows: list[RenderableType] = [Text(""), shares(total), _now(now, total, elapsed_s), _link(watch, raw_hz)]
    if note:
        rows.append(Text(note, "yellow"))
    return Group(*rows)


def shares(summary: Summary) -> Table:
    """Format one bar per direction, with its share of strides."""
    shown = [name for name in DIRECTIONS if summary.share[name] or name in ("forward", "backward")]
    grid = Table.grid(padding=(0, 1, 0, 0))
    for index in range(0, len(shown), 2):
        grid.add_row(*(cell for name in shown[index : index + 2] for cell in _share(name, summary.share[name])))
    return grid


def _share(direction: str, share: float) -> tuple[RenderableType, ...]:
    style = STYLE[direction]
    bar = ProgressBar(1.0, share, _BAR, style="bright_black", complete_style=style, finished_style=style)
    return Text(f"{_SIGN[direction]} {in_words(direction)}", style), bar, Text(f"{share:4.0%}  ", style)


def _now(now: Summary, total: Summary, elapsed_s: float) -> Text:
    line = Text()
    line.append("now     ", "bright_black")
    for name, value in (
        ("steps/min", number(now.cadence_spm, ".0f", "")),
        ("contact", ms(now.contact_time_s)),
        ("speed", number(now.speed_mps, "+.2f", " m/s")),
    ):
        line.append(f"{name} ", "bright_black")
        line.append(f"{value}   ", "bold")
    line.append(f"{total.strides} strides, {clock(elapsed_s)}", "bright_black")
    return line


def _link(watch: StreamStats, raw_hz: float | None) -> Text:
    line = Text()
    line.append("link    ", "bright_black")
    losses = [
        (watch.lost_frames, "frames lost"),
        (watch.lost_strides, "strides missing"),
        (watch.lost_samples, "samples missing"),
        (watch.dropped_on_pod, "dropped by the pod"),
        (watch.unread, "not read in time"),
        (watch.restarts, "restarts of the pod"),
    ]
    texts = [f"{count} {name}" for count, name in losses if count]
    line.append("● " + (", ".join(texts) if texts else "no gaps, no drops"), "red" if texts else "green")
    if raw_hz is not None:
        line.append(f"   raw {raw_hz:.0f} samples/s, {watch.raw_samples} in all", "bright_black")
    return line


def _sign(stride: Stride) -> str:
    return _SIDE.get(stride.side or "", _SIGN.get(stride.direction, "?"))


def _word(stride: Stride) -> str:
    return in_words(f"{stride.direction}_{stride.side or ''}")


def _confidence(stride: Stride) -> str:
    if stride.confidence is None:
        return "     ? "
    bar = _CONFIDENCE_BARS[round(stride.confidence * (len(_CONFIDENCE_BARS) - 1))]
    return f"{min(int(stride.confidence * 100), 99):4d}% {bar}"  # Never show 100 %.


def _remarks(stride: Stride) -> list[str]:
    return [flag.replace("_", " ") for flag in stride.flags if flag not in ("first", "clipped_acc")]


def number(value: float | None, form: str, unit: str) -> str:
    """Format a number with its unit, or a dash for None. `form` is a format specification."""
    return "-" if value is None else f"{value:{form}}{unit}"


def ms(seconds: float | None) -> str:
    """Format seconds as whole milliseconds, or a dash for None."""
    return "-" if seconds is None else f"{seconds * 1000:.0f} ms"
