"""Every item that doctor looks at: what it means, how its result reads, what mends it. The one table of them."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

PASS, WARN, FAIL, SKIPPED = VERDICTS = ("pass", "warn", "fail", "skipped")
_WORST_FIRST = (FAIL, WARN, PASS, SKIPPED)
_RESETS = {
    1: "power was switched on",
    2: "the reset button, or the opening of the port",
    3: "the watchdog: the program hung, or the system below it gave up",
    4: "woke from deep sleep",
    5: "a soft reset from the REPL",
}
_CLOCK = {
    "unset": "not set: runs carry no time of day",
    "synced": "set since the start",
    "carried": "set before the last reset, and carried across",
}
_WIRES = "SDA, SCL, 3V3 and GND (short wires, soldered), pull-ups on SDA and SCL, the address pin"

_ANEW = "then switch the pod off and on, lying still"
# Item, what its detail says, and what mends exactly that.
_SPECIAL = (
    ("gravity", "half of what", f"retropod config set chip lsm6dso32, {_ANEW}"),
    ("gravity", "twice what", f"retropod config set chip lsm6dso (or lsm6dsox), {_ANEW}"),
    ("sensor", "that is no", f"retropod config set chip auto, {_ANEW}"),
    ("sensor", "was moving", "switch the pod off and on, lying still"),
    ("sensor", "1 g reads as", "switch the pod off and on, lying still; if it stays so, the sensor is damaged"),
    ("sensor", "several sensors", "retropod config set chip NAME (or address NUMBER), then restart the pod"),
    ("sensor", "the FIFO of the", "retropod config set rate_hz to what is named, then restart the pod"),
    (
        "settings",
        "passes over",
        "set those right (retropod config set NAME VALUE; -1: the board's own pin), then restart",
    ),
    ("sensor", "the setting says", "retropod config set chip auto, then restart the pod"),
)
_UNCLEAN = "something shakes it, or the 3V3 supply is unclean: a capacitor of 100 nF at the sensor"


class Row(NamedTuple):
    """One answer about an item: its verdict, the number that was measured, what else was said."""

    verdict: str
    value: int
    detail: str


class Item(NamedTuple):
    """`words` reads the rows of one result; `mend` is what a person can do about a warning or a failure."""

    name: str
    meaning: str
    fix: str
    words: Callable[[Sequence[Row]], str]


class Result(NamedTuple):
    """What came out for one item: the worst verdict of its rows, all of them in words, and the mend (may be empty)."""

    item: str
    verdict: str
    words: str
    fix: str
    rows: tuple[Row, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As `doctor --json` and `capture` give it."""
        rows = [row._asdict() for row in self.rows]
        return {"item": self.item, "verdict": self.verdict, "text": self.words, "mend": self.fix or None, "rows": rows}


def result(name: str, rows: Sequence[Row], fix: str = "") -> Result:
    """What the rows of one item come to. `mend` goes before the table's. Items of later pods are shown as they are."""
    verdict = next(known for known in (*_WORST_FIRST, *(row.verdict for row in rows)) if _has(rows, known))
    item = ITEMS.get(name) or Item(name, "", "", _plain)
    trouble = verdict in (WARN, FAIL)
    shown = item.words if verdict != SKIPPED else _details
    return Result(name, verdict, shown(rows), (fix or _fix(item, rows)) if trouble else "", tuple(rows))


def _has(rows: Sequence[Row], verdict: str) -> bool:
    return any(row.verdict == verdict for row in rows)


def _fix(item: Item, rows: Sequence[Row]) -> str:
    """The table's, unless the detail says more."""
    for name, words, mend in _SPECIAL:
        if name == item.name and words in rows[0].detail:
            return mend
    return item.fix


# -- how results read ----------------------------------------------------------------------------------------------


def _one(words: Callable[[int, str], str]) -> Callable[[Sequence[Row]], str]:
    """For an item of one row: its words from value and detail."""
    return lambda rows: words(rows[0].value, rows[0].detail)


def _details(rows: Sequence[Row]) -> str:
    return ", ".join(row.detail for row in rows if row.detail)


def _plain(rows: Sequence[Row]) -> str:
    return ", ".join(f"{row.detail} ({row.value})".strip() for row in rows)


def _flash(minutes: int, detail: str) -> str:
    return f"about {minutes} minutes of recording; {detail}" if detail.endswith("free") else detail


def _heap(free: int, detail: str) -> str:
    block = detail.rpartition(" ")[2]
    return f"{free / 1024:.0f} kB free, {int(block) / 1024:.0f} kB in one piece" if block.isdigit() else detail


def _settings(changed: int, detail: str) -> str:
    if " " in detail.strip() and ":" in detail:
        return detail  # what was wrong with the file
    return f"{changed} changed: {', '.join(detail.split())}" if detail else "all at their defaults"


def _rate(mhz: int, nominal: str) -> str:
    if not nominal.isdigit():
        return nominal
    off = (mhz / 1000 / int(nominal) - 1) * 100
    return f"{mhz / 1000:.2f} Hz by the board's clock, {off:+.1f} % from the {nominal} Hz set"


def _self_test(rows: Sequence[Row]) -> str:
    bad = [row for row in rows if row.verdict != PASS]
    if not bad:
        return f"all {len(rows)} axes move as the data sheet says"
    by_limits: dict[str, list[str]] = {}
    for row in bad:
        axis, _, limits = row.detail.partition(" ")
        if ".." not in limits:
            return row.detail
        by_limits.setdefault(limits, []).append(f"{axis} {row.value}")
    return "; ".join(f"moves {', '.join(axes)}: {limits.replace('..', ' to ')} are right"
                     for limits, axes in by_limits.items())  # fmt: skip


def _noise(divisor: int, unit: str, digits: int) -> Callable[[Sequence[Row]], str]:
    def words(value: int, axis: str) -> str:
        most = f", most on {axis}" if value else ""
        return axis if " " in axis else f"{value / divisor:.{digits}f} {unit} rms{most}"

    return _one(words)


def _count(none: str, some: str) -> Callable[[Sequence[Row]], str]:
    return _one(lambda value, detail: f"{some.format(value) if value else none}{f', {detail}' if detail else ''}")


def _battery(mv: int, detail: str) -> str:
    return f"{mv / 1000:.2f} V{f', {detail}' if detail else ''}"


_TABLE = (
    # what this machine sees, in the order in which it looks
    Item("tools", "The Python and pyserial that this tool runs on.", "pip install --upgrade pyserial", _details),
    Item("ports", "Serial ports of this machine, and those whose USB chip boards with pods carry.",
         "plug the pod in with a cable that carries data; install its USB chip's driver (CP210x, CH34x)", _details),
    Item("port", "Whether the pod's port can be opened: there, allowed, not held by another program.", "", _details),
    Item("app", "Whether the pod's app answers; if not, what is behind the port instead.",
         "retropod flash --repair", _details),
    Item("versions", "Whether app and tool speak the same protocol, and are of the same version.",
         "retropod update", _details),
    Item("round_trip", "Median time from a question to the pod's answer.",
         "a port of the computer itself instead of a hub; fewer programs beside", _details),
    Item("line", "Bytes per second that the line carried while the pod sent its settings.",
         "a port and cable without errors; at a low --baud raw samples have no room", _details),
    # what the pod says of itself
    Item("sensor", "Which motion sensor was found, and whether it is what it seems.", f"check {_WIRES}", _details),
    Item("range", "Full scale of accelerometer and gyroscope; the number is what one count is, in ug and udps.",
         "", _details),
    Item("bus", "Failed transfers between board and sensor since the start.",
         f"check {_WIRES}; retropod config set i2c_hz 100000 for long wires",
         _count("no transfer failed", "{} transfers failed")),
    Item("overruns", "How often the sensor's own buffer ran over because the board did not fetch it in time.",
         "a lower rate: retropod config set rate_hz 208; if it stays so, please report it with retropod capture",
         _count("none", "{} times")),
    Item("flash", "Flash that is left for runs, in minutes of recording as it is set now.",
         "retropod download, then retropod erase", _one(_flash)),
    Item("heap", "Free memory of the app, and the largest piece of it.",
         "restart the pod; if it stays so, please report it with retropod capture", _one(_heap)),
    Item("battery", "Battery voltage and charge, where a divider is wired to the battery pin.",
         "charge the battery", _one(_battery)),
    Item("clock", "Whether the pod knows the time of day.", "retropod time sync",
         _one(lambda _, detail: _CLOCK.get(detail, detail))),
    Item("faults", "The last fault that the pod has kept; older than ten starts it is no warning.",
         "retropod info lists them; what returns is worth a report: retropod capture",
         _one(lambda _, detail: detail or "none kept")),
    Item("reset", "Why the board started last.", "please report it with retropod capture",
         _one(lambda value, _: _RESETS.get(value, f"cause {value}"))),
    Item("settings", "Settings that are not at their default, and whether their file was read.",
         "look at retropod config get, set what is missing, and restart the pod", _one(_settings)),
    Item("mount", "Whether the pod knows how it sits on the shoe: without that no direction is decided.",
         "retropod mount", _details),
    Item("slot", "Which of the two copies of the app runs, and whether it is on trial.",
         "retropod update", _details),
    Item("gravity", "Acceleration while it lies still: 1 g, or the sensor is another part than it is taken for.",
         "does it lie still? else the sensor is damaged",
         _one(lambda mg, detail: f"{mg / 1000:.3f} g{f', {detail}' if detail else ''}")),
    Item("noise_acc", "Noise of the accelerometer at rest, of its worst axis.",
         _UNCLEAN, _noise(1000, "mg", 1)),
    Item("noise_gyr", "Noise of the gyroscope at rest, of its worst axis.",
         _UNCLEAN, _noise(1_000_000, "dps", 2)),
    Item("zero_rate", "What the gyroscope shows while nothing turns.",
         "let it lie still for a while, so that the pod learns it; above 20 dps the sensor is damaged",
         _one(lambda mdps, axis: f"{mdps / 1000:.2f} dps{f' on {axis}' if mdps else ''}")),
    Item("rate", "True sample rate against the board's clock.",
         "nothing needs doing: the pod counts with the true rate; above 25 % the sensor is a fake or damaged",
         _one(_rate)),
    Item("self_test", "The sensor moves its own mass and says by how much, against the data sheet's limits.",
         "repeat it with the pod lying still; if it stays so, the sensor is damaged: replace it", _self_test),
    # and what both counted meanwhile
    Item("frames", "Frames that were damaged or lost on the line while doctor asked.",
         "another cable, a port of the computer itself, shorter wires", _details),
)  # fmt: skip
ITEMS = {item.name: item for item in _TABLE}
