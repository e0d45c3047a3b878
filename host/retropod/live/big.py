"""Terminal view for two metres away: the direction as word, shape and background, and one signed speed."""

import textwrap
from dataclasses import dataclass

from rich.text import Text

from retropod.client.messages import StatusMessage
from retropod.insight.directions import in_words
from retropod.insight.units import Units, clock
from retropod.live import bigfont, guidance, signs
from retropod.live.boutcount import BoutCount
from retropod.live.cues import Cues
from retropod.live.watch import FRESH_S, StreamStats

KEYS = "l lap  r record  m mute  q quit"
_REACHED = "bold black on bright_white"  # differs from each background
_LONGEST = "BACKWARD"  # all words have one size
_SHARE = 3  # the word takes at least a third of the height
_GAP = 1  # cells between shape and word
_APART = 3  # columns between two numbers, and between two texts in one line


@dataclass(frozen=True)
class BigState:
    """All that the view shows. None: not current or unknown. `way`: a direction, `standing` or `away`.

    `guide`: lines of the plan and the targets. `left_s`: seconds left in the step of the plan. `planned`: with a plan.
    """

    way: str
    side: str | None = None
    speed_mps: float | None = None
    cadence_spm: float | None = None
    contact_time_s: float | None = None
    standing_s: float | None = None
    bout_strides: int | None = None
    bout_s: float | None = None
    bouts: int = 0
    status: StatusMessage | None = None
    link: str = ""
    notice: str = ""
    muted: bool = False
    guide: tuple[str, ...] = ()
    left_s: int | None = None
    planned: bool = False


def state_of(
    stats: StreamStats,
    bouts: BoutCount,
    status: StatusMessage | None,
    link: str,
    notice: str,
    muted: bool,
    away: bool,
    cues: Cues | None = None,
) -> BigState:
    """Return the state of a session. Values are absent 3 s after the last stride.

    `away`: the port is away, so the values and the state of the pod are absent.
    """
    guide = guidance.lines(cues, stats) if cues else []
    now = None if away else stats.now()
    values = {name: one.value for name, one in now.values.items()} if now else {}
    moving = now is not None and bouts.strides > 0
    return BigState(
        way="away" if away else now.direction if now else "standing",
        side=stats.strides[-1].side if now else None,
        speed_mps=values.get("speed_mps"),
        cadence_spm=values.get("cadence_spm"),
        contact_time_s=values.get("contact_time_s"),
        standing_s=stats.standing_s if (stats.standing_s or 0.0) > FRESH_S else None,
        bout_strides=bouts.strides if moving else None,
        bout_s=bouts.ended_s - bouts.began_s if moving else None,
        bouts=bouts.number,
        status=None if away else status,
        link=link,
        notice=notice,
        muted=muted,
        guide=tuple(guide),
        left_s=guidance.left_s(cues) if cues else None,
        planned=bool(cues and cues.timer),
    )  # fmt: skip


def rendered(state: BigState, width: int, height: int, units: Units) -> list[Text]:
    """Return exactly `height` lines of `width` columns in the colour of the direction."""
    word, lines = _word(state, width, height), _lines(state)
    rows = max((_filled(word, text, state, width, height, units) for text in (lines, _packed(lines, width))), key=len)
    if len(rows) > height:
        rows = [row for row in rows if row][:height]
    style = signs.colour(state.way).terminal
    rows += [""] * (height - len(rows))
    texts = [Text(row[:width].center(width), style, no_wrap=True) for row in rows]
    for text in texts:
        text.highlight_words([guidance.REACHED], _REACHED)
    return texts


def _filled(word: list[str], lines: list[str], state: BigState, width: int, height: int, units: Units) -> list[str]:
    """Return the rows of the view: the word, the numbers as large as the lines leave room, and the lines."""
    rest = [part for line in lines for part in textwrap.wrap(line, width)]
    room = height - len(word) - len(rest) - 2  # One empty line above and below the numbers.
    return [*word, *_number(state, width, room, units), *rest]


def _packed(lines: list[str], width: int) -> list[str]:
    """Return the lines with neighbours joined as far as they fit."""
    packed = lines[:1]
    for line in lines[1:]:
        joined = f"{packed[-1]}{' ' * _APART}{line}"
        if len(joined) <= width:
            packed[-1] = joined
        else:
            packed.append(line)
    return packed


def _word(state: BigState, width: int, height: int) -> list[str]:
    text = {"away": "NO LINK"}.get(state.way, in_words(state.way).upper())
    name = signs.named(state.way, state.side)
    cells = signs.WIDTH + _GAP + bigfont.width(_LONGEST)
    across, down = width // cells, -(-height // (_SHARE * bigfont.ROWS))
    if not across:  # A terminal of fewer than 39 columns.
        return [f"{text} {_arrow(name)}"]
    rows = zip(signs.cells(name), bigfont.letters(text), strict=True)
    return bigfont.scaled([f"{shape}{' ' * _GAP}{word}" for shape, word in rows], across, down)


def _arrow(name: str) -> str:
    return {"forward": "▲", "backward": "▼", "left": "◀", "right": "▶", "lateral": "◆"}.get(name, "")


def _number(state: BigState, width: int, room: int, units: Units) -> list[str]:
    """Return the numbers in large digits if `room` lines suffice, otherwise as one line."""
    shown = _shown(state, units)
    cells = sum(bigfont.width(number) for number, _ in shown)
    beyond = sum(len(after) + 1 for _, after in shown) + _APART * (len(shown) - 1)
    across = min((width - beyond) // cells, 2 * (room // bigfont.ROWS))
    if shown[0][0] == "-" or across < 1:
        before = "standing " if state.way == "standing" and shown[0][0] != "-" and state.left_s is None else ""
        return ["", before + (" " * _APART).join(f"{number} {after}".strip() for number, after in shown), ""]
    blocks = [_digits(number, after, across, min(room // bigfont.ROWS, across)) for number, after in shown]
    return ["", *((" " * _APART).join(parts) for parts in zip(*blocks, strict=True)), ""]


def _digits(number: str, after: str, across: int, down: int) -> list[str]:
    """Return a number in large digits, with a word after its last row."""
    rows = bigfont.scaled(bigfont.letters(number), across, down)
    return [f"{row} {'':<{len(after)}}" for row in rows[:-1]] + [f"{rows[-1]} {after}"]


def _shown(state: BigState, units: Units) -> list[tuple[str, str]]:
    """Return the numbers, each with its unit: the speed or the time of standing, and the time left in the step."""
    planned = [] if state.left_s is None else [(_minutes(state.left_s), "left")]
    if state.speed_mps is not None:
        return [(f"{state.speed_mps / units.mps:+{units.speed_form}}", units.speed), *planned]
    if planned:
        return planned
    if state.way == "standing" and state.standing_s is not None:
        return [(_minutes(state.standing_s), "")]
    return [("-", "")]


def _lines(state: BigState) -> list[str]:
    cadence = "-" if state.cadence_spm is None else f"{state.cadence_spm:.0f}"
    contact = "-" if state.contact_time_s is None else f"{state.contact_time_s * 1000:.0f} ms"
    strides = "-" if state.bout_strides is None else f"{state.bout_strides} strides"
    lasted = "-" if state.bout_s is None else _minutes(state.bout_s)
    stood = state.left_s is not None and state.standing_s is not None
    keys = KEYS.replace("m mute", "m sound") if state.muted else KEYS
    lines = [
        *state.guide,
        f"{cadence} steps/min   contact {contact}"
        + (f"   standing {_minutes(state.standing_s or 0.0)}" if stood else ""),
        f"bout {state.bouts}: {strides}, {lasted}",
        f"battery {_battery(state.status)}, {_recording(state.status)}",
        state.link,
        state.notice,
        keys.replace("q quit", "p plan  q quit") if state.planned else keys,
    ]
    return [line for line in lines if line]


def _battery(status: StatusMessage | None) -> str:
    return "-" if status is None or status.battery_percent is None else f"{status.battery_percent} %"


def _recording(status: StatusMessage | None) -> str:
    if status is None:
        return "recording -"
    return f"● recording run {status.run}" if status.run else "not recording"


def _minutes(seconds: float) -> str:
    """Return whole seconds as m:ss, or as h:mm:ss from one hour on."""
    return clock(int(seconds)).removesuffix(".0")
