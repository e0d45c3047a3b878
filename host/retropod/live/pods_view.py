"""Terminal views of several pods: lines of strides with their foot, a table of the feet, and the big view."""

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from retropod.client.messages import EventMessage
from retropod.insight import feet
from retropod.insight.directions import in_words
from retropod.insight.feet import FeetComparison
from retropod.insight.units import Units, clock, number, unit
from retropod.live import big, bigfont, guidance, interruptions, view
from retropod.live.boutcount import BoutCount
from retropod.live.cues import Cue, Cues
from retropod.live.planscore import PlanScore
from retropod.live.shoes import Ended, Shoe, ShoeItem, Shoes
from retropod.live.tables import GREY, SIGN, STYLE
from retropod.live.tables import plan as plan_table
from retropod.wording import bound

HEADING = f"  {view.HEADING}"
FOOTER_LINES = 14
WAITING = "left against right: after ten steps of each foot in one direction"
NO_PAIR = "two feet are compared if one pod is set to left and one to right"
_COUNTDOWN_FROM = 34  # lines of a terminal that has room for a large countdown below both feet


class PodsLines:
    """Lines of all pods, with times since the first stride, by the clock of this computer."""

    def __init__(self, shoes: Shoes) -> None:
        self._shoes, self._marks = shoes.shoes, marks(shoes.shoes)
        self._origin_s: float | None = None

    def of(self, one: ShoeItem | Cue | None) -> list[Text]:
        """Return the lines of a stride, an event or a cue, none for another item."""
        if one is None:
            return []
        if isinstance(one, Cue):
            session_s = max((shoe.stats.session_s or 0.0 for shoe in self._shoes), default=None)
            return [Text("  ") + view.cue_line(one, session_s)] if one.kind in view.PRINTED else []
        stats, mark = one.shoe.stats, self._marks[self._shoes.index(one.shoe)]
        if one.stride is not None:
            first, *others = view.stride_line(one.stride, self._began_s(one)).split()
            return [Text(f"{mark} ") + first, *others]
        text = view.event_line(one.item, stats.origin_s) if isinstance(one.item, EventMessage) else ""
        return [Text(f"{mark} {text}", "bold")] if text else []

    def _began_s(self, one: ShoeItem) -> float:
        """Return the pod uptime at the first stride of the session, in s."""
        stride, wall = one.stride, one.wall
        if stride is None or wall is None:
            return one.shoe.stats.origin_s or 0.0
        end_s = wall.time_s + (stride.period_s or 0.0)
        if self._origin_s is None:
            self._origin_s = end_s
        return stride.end_s - (end_s - self._origin_s)


def marks(shoes: Sequence[Shoe]) -> list[str]:
    """Return L and R for one left and one right shoe, otherwise the numbers of the shoes."""
    letters = [{"left": "L", "right": "R"}.get(shoe.side, "") for shoe in shoes]
    return letters if all(letters) and len(set(letters)) == len(letters) else [str(at + 1) for at in range(len(shoes))]


def footer(shoes: Shoes, elapsed_s: float, units: Units, cues: Cues) -> RenderableType:
    """Format the state of each pod, the comparison of both feet, and the plan and targets."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    compared = shoes.feet()
    titles = [f"{mark} {shoe.title}" for mark, shoe in zip(marks(shoes.shoes), shoes.shoes, strict=True)]
    grid.add_row(Text(clock(elapsed_s), GREY), *(Text(title, "bold") for title in titles),
                 Text("left - right" if compared else "", GREY))  # fmt: skip
    grid.add_row(Text("now", GREY), *(_state(shoe) for shoe in shoes.shoes))
    grid.add_row(Text("speed", GREY), *(_speed(shoe, units) for shoe in shoes.shoes))
    for name, *cells in feet.rows(compared, units) if compared else ():
        grid.add_row(Text(name, GREY), *cells)
    grid.add_row(Text("strides", GREY), *(str(shoe.stats.total().strides) for shoe in shoes.shoes))
    grid.add_row(Text("clock", GREY), *(_clock(shoe) for shoe in shoes.shoes))
    grid.add_row(Text("link", GREY), *(_link(shoe) for shoe in shoes.shoes))
    guide = [Text(line, "bold") for line in _guide(shoes, cues)]
    return Lines(Text(""), grid, Text(pair_line(shoes, compared, units), GREY), *guide)


def _guide(shoes: Shoes, cues: Cues) -> list[str]:
    return guidance.lines(cues, *(shoe.stats for shoe in shoes.shoes))


def pair_line(shoes: Shoes, compared: FeetComparison | None, units: Units) -> str:
    """Return step cadence and contact difference as one line, or the reason why they are missing."""
    if shoes.pair is None:
        return NO_PAIR
    cadence = compared.values["step_cadence_spm"].value if compared else None
    if compared is None or cadence is None:
        return WAITING
    difference = compared.values["contact_difference_s"].value
    return (
        f"{number('step_cadence_spm', cadence, units)} {unit('step_cadence_spm', units)} of both feet, contact left - "
        f"right {number('contact_difference_s', difference, units)} {unit('contact_difference_s', units)}"
    )


def ending(shoes: Shoes, units: Units, plan: PlanScore | None = None) -> RenderableType:
    """Format the summary of each pod, the comparison of both feet over the session, and the plan."""
    parts: list[RenderableType] = []
    for shoe in shoes.shoes:
        parts += [Text(""), Text(f"{shoe.side} foot: {shoe.label}" if shoe.side != "unknown" else shoe.label, "bold"),
                  view.ending(shoe.stats, units=units)]  # fmt: skip
    for compared in shoes.session_feet():
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_row(*(Text(title, GREY) for title in ("", "left", "right", "left - right")))
        for row in feet.rows(compared, units):
            grid.add_row(*row)
        parts += [Text(""), Text(f"left and right, {compared.title}", "bold"), grid,
                  Text(pair_line(shoes, compared, units), GREY)]  # fmt: skip
    return Lines(*parts, *plan_table(plan))


def big_view(
    shoes: Shoes, bouts: Sequence[BoutCount], notice: str, muted: bool, size: tuple[int, int], units: Units, cues: Cues
) -> RenderableType:
    """Format the big view of each pod next to each other, left foot first.

    Below them are the comparison, and the plan and targets.
    """
    width, height = size
    texts = [pair_line(shoes, shoes.feet(), units), *_guide(shoes, cues), notice or "  ".join(_named(shoes))]
    below = [*_countdown(cues, width, height), *texts]
    each = width // len(shoes.shoes)
    states = [
        replace(
            big.state_of(shoe.stats, count, shoe.control.status, view.losses(shoe.stats), "", muted, shoe.away),
            planned=cues.timer is not None,
        )
        for shoe, count in zip(shoes.shoes, bouts, strict=True)
    ]
    columns = [big.rendered(state, each, max(height - len(below), 1), units) for state in states]
    rows = [Text.assemble(*row) for row in zip(*columns, strict=True)]
    return Lines(*(rows + [Text(text[:width].center(width), no_wrap=True) for text in below])[-height:])


def _countdown(cues: Cues, width: int, height: int) -> list[str]:
    """Return the time left in the step in large digits, nothing without a step or without room."""
    left_s = guidance.left_s(cues)
    if left_s is None or height < _COUNTDOWN_FROM:
        return []
    digits = clock(left_s).removesuffix(".0")
    return ["", *bigfont.scaled(bigfont.letters(digits), max(min(width // bigfont.width(digits), 3), 1), 1), ""]


def _named(shoes: Shoes) -> list[str]:
    return [f"{mark} {shoe.title}" for mark, shoe in zip(marks(shoes.shoes), shoes.shoes, strict=True)]


def _state(shoe: Shoe) -> Text:
    if shoe.error is not None:
        return Text("ended: no pod", "red")
    if shoe.away:
        return Text("no link, waiting", "red")
    now = shoe.stats.now()
    if now is not None:
        return Text(f"{SIGN[now.direction]} {in_words(now.direction)}", STYLE[now.direction])
    standing_s = shoe.stats.standing_s
    stood = "no stride yet" if standing_s is None else f"standing {clock(int(standing_s)).removesuffix('.0')}"
    return Text(stood, GREY)


def _speed(shoe: Shoe, units: Units) -> str:
    now = None if shoe.away else shoe.stats.now()
    value = now.values.get("speed_mps") if now else None
    return view.signed_speed(value.value if value else None, units)


def _clock(shoe: Shoe) -> str:
    return "-" if shoe.clock_error_s is None else f"±{bound(shoe.clock_error_s)}"


def _link(shoe: Shoe) -> Text:
    text = view.losses(shoe.stats)
    return Text(text or "● no gaps", "red" if text else "green")


def remark(one: ShoeItem | None) -> str:
    """Return the text of an interruption of one pod, empty for another item."""
    if one is None:
        return ""
    if isinstance(one.item, Ended):
        text = str(one.item.error)
    else:
        text = interruptions.in_words(one.item, one.shoe.stats.silent_s)
    return f"{one.shoe.title}: {text}" if text else ""
