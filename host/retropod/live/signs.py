"""Sign of each direction and state: a shape and a colour. The terminal and the page draw the same ones."""

from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 7, 5  # of the box of a shape, in cells

Point = tuple[float, float]


@dataclass(frozen=True)
class Colour:
    """Colour of a background and of the text on it: for a terminal as a style of rich, and for a page.

    `paper` and `ink` have a contrast of at least 5. The luminance of forward and backward differs too.
    """

    terminal: str
    paper: str
    ink: str


PLAIN = Colour("white on black", "#14171a", "#ffffff")
COLOURS = {
    "forward": Colour("black on green", "#2fbf71", "#000000"),
    "backward": Colour("white on magenta", "#c2189b", "#ffffff"),
    "lateral": Colour("black on cyan", "#38bdf8", "#000000"),
    "unknown": Colour("black on yellow", "#e6c229", "#000000"),
}
# One shape per direction, so that no reader depends on the colour. A shape has one or two outlines.
_LEFT: tuple[Point, ...] = ((0, 2.5), (3, 0), (3, 2), (7, 2), (7, 3), (3, 3), (3, 5))
_FORWARD: tuple[Point, ...] = ((3.5, 0), (6, 3), (4, 3), (4, 5), (3, 5), (3, 3), (1, 3))
SHAPES: dict[str, tuple[tuple[Point, ...], ...]] = {
    "forward": (_FORWARD,),
    "backward": (tuple((x, HEIGHT - y) for x, y in _FORWARD),),
    "left": (_LEFT,),
    "right": (tuple((WIDTH - x, y) for x, y in _LEFT),),
    "lateral": (((0, 2.5), (3, 0), (3, 2), (4, 2), (4, 0), (7, 2.5), (4, 5), (4, 3), (3, 3), (3, 5)),),
    "unknown": (
        ((1, 0), (5, 0), (5, 2), (4, 2), (4, 3), (2, 3), (2, 2), (4, 2), (4, 1), (1, 1)),
        ((2, 4), (3, 4), (3, 5), (2, 5)),
    ),
    "standing": (((1, 0), (6, 0), (6, 5), (1, 5)),),
    "mixed": (
        ((1.5, 0), (3, 2), (2, 2), (2, 5), (1, 5), (1, 2), (0, 2)),
        ((5.5, 5), (7, 3), (6, 3), (6, 0), (5, 0), (5, 3), (4, 3)),
    ),
    "away": (
        ((0, 0), (1.2, 0), (3.5, 1.7), (5.8, 0), (7, 0), (4.3, 2.5), (7, 5), (5.8, 5), (3.5, 3.3), (1.2, 5), (0, 5),
         (2.7, 2.5)),
    ),
}  # fmt: skip


def colour(way: str) -> Colour:
    """Return the colour of a direction, or the plain one for a state without a direction."""
    return COLOURS.get(way, PLAIN)


def named(way: str, side: str | None) -> str:
    """Return the name of the shape of a direction or state. `side`: left or right for sideways, None if unknown."""
    return side if way == "lateral" and side else way


def cells(name: str) -> list[str]:
    """Return the rows of a shape for a terminal: `#` for a cell whose centre is within an outline."""
    return ["".join("#" if _within(name, x + 0.5, y + 0.5) else " " for x in range(WIDTH)) for y in range(HEIGHT)]


def path(name: str) -> str:
    """Return the outlines of a shape as the path data of an SVG."""
    return "".join("M" + "L".join(f"{x:g},{y:g}" for x, y in outline) + "Z" for outline in SHAPES[name])


def _within(name: str, x: float, y: float) -> bool:
    """Return whether a point is within the outlines: a line to the left crosses them an odd number of times."""
    crossed = 0
    for outline in SHAPES[name]:
        for (x0, y0), (x1, y1) in pairwise((*outline, outline[0])):
            crossed += (y0 > y) != (y1 > y) and x0 + (y - y0) / (y1 - y0) * (x1 - x0) < x
    return crossed % 2 == 1
