"""Terminal views of several pods: lines of strides with their foot, a table of the feet, and the big view."""

from collections.abc import Sequence

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from retropod.client.messages import EventMessage
from retropod.insight import feet
from retropod.insight.directions import in_words
from retropod.insight.feet import FeetComparison
from retropod.insight.units import Units, clock, number, unit
from retropod.live import big, interruptions, view
from retropod.live.boutcount import BoutCount
from retropod.live.shoes import Ended, Shoe, ShoeItem, Shoes
from retropod.live.tables import GREY, SIGN, STYLE
from retropod.wording import bound

HEADING = f"  {view.HEADING}"
FOOTER_LINES = 14
_PAIR_LINES = 2  # of the big view, below both feet
_WAITING = "left against right: after ten steps of each foot in one direction"


class TimeAxis:
    """Times of the strides of all pods since the first stride, by the clock of this computer."""

    def __init__(self) -> None:
        self._origin_s: float | None = None

    def lines(self, one: ShoeItem, mark: str) -> list[Text]:
        """Return the lines of a stride or an event, none for another item. `mark`: letter or number of the shoe."""
        stats = one.shoe.stats
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


def footer(shoes: Shoes, elapsed_s: float, units: Units) -> RenderableType:
    """Format the state of each pod and the comparison of both feet."""
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
    return Lines(Text(""), grid, Text(pair_line(shoes, compared, units), GREY))


def pair_line(shoes: Shoes, compared: FeetComparison | None, units: Units) -> str:
    """Return step cadence and contact difference as one line, or the reason why they are missing."""
    if shoes.pair is None:
        return "two feet are compared if one pod is set to left and one to right"
    cadence = compared.values["step_cadence_spm"].value if compared else None
    if compared is None or cadence is None:
        return _WAITING
    difference = compared.values["contact_difference_s"].value
    return (
        f"{number('step_cadence_spm', cadence, units)} {unit('step_cadence_spm', units)} of both feet, contact left - "
        f"right {number('contact_difference_s', difference, units)} {unit('contact_difference_s', units)}"
    )


def ending(shoes: Shoes, units: Units) -> RenderableType:
    """Format the summary of each pod, and the comparison of both feet over the session."""
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
    return Lines(*parts)


def big_view(
    shoes: Shoes, bouts: Sequence[BoutCount], notice: str, muted: bool, size: tuple[int, int], units: Units
) -> RenderableType:
    """Format the big view of each pod next to each other, left foot first, and below them the comparison."""
    width, height = size
    each = width // len(shoes.shoes)
    states = [
        big.state_of(shoe.stats, count, shoe.control.status, view.losses(shoe.stats), "", muted, shoe.away)
        for shoe, count in zip(shoes.shoes, bouts, strict=True)
    ]
    columns = [big.rendered(state, each, max(height - _PAIR_LINES, 1), units) for state in states]
    rows = [Text.assemble(*row) for row in zip(*columns, strict=True)]
    below = [pair_line(shoes, shoes.feet(), units), notice or "  ".join(_named(shoes))]
    return Lines(*rows, *(Text(text[:width].center(width), no_wrap=True) for text in below))


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


def remark(one: ShoeItem) -> str:
    """Return the text of an interruption of one pod, empty for another item."""
    if isinstance(one.item, Ended):
        text = str(one.item.error)
    else:
        text = interruptions.in_words(one.item, one.shoe.stats.silent_s)
    return f"{one.shoe.title}: {text}" if text else ""
