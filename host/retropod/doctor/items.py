"""Table of the items that doctor checks: meaning, text of a result, and fix."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from retropod.doctor.numbers import AXIS, LIMITS, SPACE, in_units
from retropod.wording import count

PASS, WARN, FAIL, SKIPPED = VERDICTS = ("pass", "warn", "fail", "skipped")
_WORST_FIRST = (FAIL, WARN, PASS, SKIPPED)
_RESETS = {
    1: "power on",
    2: "reset button, or opening of the port",
    3: "watchdog: the program or ESP-IDF hung",
    4: "wake from deep sleep",
    5: "soft reset from the REPL",
}
_CLOCK = {
    "unset": "not set: runs have no time of day",
    "synced": "set since the start",
    "carried": "set before the last reset, and restored after it",
}
_WIRES = "SDA, SCL, 3V3 and GND (short wires, soldered), pull-ups on SDA and SCL, the address pin"
_AT_REST = "then switch the pod off and on while it is lying still"
REASONS_SINCE = 2  # minor of the protocol: older pods send no reasons
_REASONED = ("sensor", "gravity", "settings")
# Fixes that replace the fix of the item, by the reason that the pod sends.
_FIXES: dict[str | int, str] = {
    "several_sensors": "retropod config set chip NAME (or address NUMBER)",
    "other_chip": "retropod config set chip auto",
    "rate_too_high": "retropod config set i2c_hz or rate_hz to the value given",
    "other_range": f"retropod config set chip auto, {_AT_REST}",
    "odd_gravity": "switch the pod off and on while it is lying still; if that does not help, replace the sensor",
    "was_moving": "switch the pod off and on while it is lying still",
    "unsupported_chip": "use a supported sensor (docs/hardware.md)",
    "sibling_chip": "retropod config set chip to the part given; then trust it only if doctor passes",
    "forced_chip": "no action is needed if gravity, rate and self_test pass; otherwise use a supported sensor",
    "gravity_half": f"retropod config set chip lsm6dso32, {_AT_REST}",
    "gravity_double": f"retropod config set chip lsm6dso (or lsm6dsox), {_AT_REST}",
    "settings_ignored": "correct these settings (retropod config set NAME VALUE; -1: pin of the board)",
}
_NOISY = "keep the pod still; add a capacitor of 100 nF to the 3V3 supply at the sensor"


class Row(NamedTuple):
    """One answer about an item: verdict, measured number, details, and a name of the `check_reason` enumeration."""

    verdict: str
    value: int
    detail: str
    reason: str | int = "none"


class Item(NamedTuple):
    """One item. `words` returns the text of the rows of a result; `fix` is the action after a warning or a failure."""

    name: str
    meaning: str
    fix: str
    words: Callable[[Sequence[Row]], str]


class Result(NamedTuple):
    """Result of one item: worst verdict of its rows, text of all rows, fix (may be empty)."""

    item: str
    verdict: str
    words: str
    fix: str
    rows: tuple[Row, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the result for `doctor --json` and `capture`."""
        rows = [
            {"verdict": row.verdict, "detail": row.detail or None}
            | in_units(self.item, index, row.value, row.detail, row.verdict == SKIPPED)
            for index, row in enumerate(self.rows)
        ]
        return {"item": self.item, "verdict": self.verdict, "text": self.words, "fix": self.fix or None, "rows": rows}


def result(name: str, rows: Sequence[Row], fix: str = "") -> Result:
    """Return the result of the rows of one item. `fix` replaces that of the table. An unknown item is shown as sent."""
    verdict = next(known for known in (*_WORST_FIRST, *(row.verdict for row in rows)) if _has(rows, known))
    item = ITEMS.get(name) or Item(name, "", "", _plain)
    trouble = verdict in (WARN, FAIL)
    shown = item.words if verdict != SKIPPED else _details
    return Result(name, verdict, shown(rows), (fix or _fix(item, rows)) if trouble else "", tuple(rows))


def fix_without_reason(name: str, minor: int) -> str:
    """Return the fix of an item whose fix depends on a reason, if the protocol of the pod has none; otherwise ""."""
    if minor >= REASONS_SINCE or name not in _REASONED:
        return ""
    return "run `retropod update`, whose app reports the reason, then `retropod doctor`"


def _has(rows: Sequence[Row], verdict: str) -> bool:
    return any(row.verdict == verdict for row in rows)


def _fix(item: Item, rows: Sequence[Row]) -> str:
    """Return the fix for the reason of a row, otherwise the general one. An older pod sends no reason."""
    return next((_FIXES[row.reason] for row in rows if row.reason in _FIXES), item.fix)


# -- texts of results ----------------------------------------------------------------------------------------------


def _one(words: Callable[[int, str], str]) -> Callable[[Sequence[Row]], str]:
    """Return a text function for an item of one row, from a function of value and detail."""
    return lambda rows: words(rows[0].value, rows[0].detail)


def _details(rows: Sequence[Row]) -> str:
    return ", ".join(row.detail for row in rows if row.detail)


def _plain(rows: Sequence[Row]) -> str:
    return ", ".join(f"{row.detail} ({row.value})".strip() for row in rows)


def _flash(minutes: int, detail: str) -> str:
    return f"about {count(minutes, 'minute')} of recording; {detail}" if SPACE.fullmatch(detail) else detail


def _heap(free: int, detail: str) -> str:
    block = detail.rpartition(" ")[2]
    return f"{free / 1024:.0f} kB free, largest block {int(block) / 1024:.0f} kB" if block.isdigit() else detail


def _settings(rows: Sequence[Row]) -> str:
    verdict, changed, detail, _ = rows[0]
    if verdict != PASS:
        return detail  # the fault of the file
    return f"{changed} changed: {', '.join(detail.split())}" if detail else "all at their defaults"


def _rate(mhz: int, nominal: str) -> str:
    if not nominal.isdigit():
        return nominal
    off = (mhz / 1000 / int(nominal) - 1) * 100
    return f"{mhz / 1000:.2f} Hz by the board's clock, {off:+.1f} % from the nominal {nominal} Hz"


def _self_test(rows: Sequence[Row]) -> str:
    bad = [row for row in rows if row.verdict != PASS]
    if not bad:
        return f"all {len(rows)} axes are within the limits of the data sheet"
    by_limits: dict[str, list[str]] = {}
    for row in bad:
        found = LIMITS.fullmatch(row.detail)
        if found is None:
            return row.detail  # an error of the sensor
        axis, least, most, unit = found.groups()
        by_limits.setdefault(f"{least} to {most} {unit}", []).append(f"{axis} {row.value}")
    return "; ".join(f"{', '.join(axes)} outside {limits}" for limits, axes in by_limits.items())


def _noise(divisor: int, unit: str, digits: int) -> Callable[[Sequence[Row]], str]:
    def words(value: int, axis: str) -> str:
        if not AXIS.fullmatch(axis):
            return axis  # an axis is stuck
        return f"{value / divisor:.{digits}f} {unit} rms{f', most on {axis}' if value else ''}"

    return _one(words)


def _count(none: str, noun: str, rest: str = "") -> Callable[[Sequence[Row]], str]:
    """Return a text function: `none` for 0, otherwise the number with its noun and the rest."""

    def words(value: int, detail: str) -> str:
        return (count(value, noun) + rest if value else none) + (f", {detail}" if detail else "")

    return _one(words)


def _battery(mv: int, detail: str) -> str:
    return f"{mv / 1000:.2f} V{f', {detail}' if detail else ''}"


_TABLE = (
    # checks of this machine, in their order
    Item("tools", "Python and pyserial of this installation.", "pip install --upgrade pyserial", _details),
    Item("ports", "Serial ports of this machine, and those with the USB chip of a pod's board.",
         "use a USB cable with data lines; install the driver of the board's USB chip (CP210x, CH34x)", _details),
    Item("port", "The pod's port: it exists, may be opened, and is not in use by another program.", "", _details),
    Item("app", "The pod's app, or the cause if it does not answer.", "retropod flash --repair", _details),
    Item("versions", "Versions of app and tool, and of their protocols.", "retropod update", _details),
    Item("round_trip", "Median time from a request to the pod's answer.",
         "use a port of the computer instead of a hub; end other programs", _details),
    Item("line", "Bytes per second on the line while the pod sent its settings.",
         "use a port and cable without errors; a low --baud is too slow for raw samples", _details),
    # self-test of the pod
    Item("sensor", "The motion sensor, and its agreement with the settings.", f"check {_WIRES}", _details),
    Item("range", "Full scale of accelerometer and gyroscope.",
         "", _details),
    Item("bus", "Failed transfers between processor and sensor since the start.",
         f"check {_WIRES}; retropod config set i2c_hz 100000 for long wires",
         _count("no transfer failed", "transfer", " failed")),
    Item("overruns", "Overflows of the sensor's FIFO since the start.",
         "retropod config set rate_hz 208; if that does not help, report it with retropod capture",
         _count("none", "time")),
    Item("flash", "Free flash for runs, in minutes of recording with the current settings.",
         "retropod download, then retropod erase", _one(_flash)),
    Item("heap", "Free memory of the app, and its largest block.",
         "restart the pod; if that does not help, report it with retropod capture", _one(_heap)),
    Item("battery", "Battery voltage and charge, if a divider is wired to the battery pin.",
         "charge the battery", _one(_battery)),
    Item("clock", "Source of the pod's time of day.", "retropod time sync",
         _one(lambda _, detail: _CLOCK.get(detail, detail))),
    Item("faults", "The last stored fault; a warning if it is from the last ten boots.",
         "list all faults with retropod info; report repeated ones with retropod capture",
         _one(lambda _, detail: detail or "none")),
    Item("reset", "Cause of the last boot.", "report it with retropod capture",
         _one(lambda value, _: _RESETS.get(value, f"cause {value}"))),
    Item("settings", "Settings that differ from their default, and faults of their file.",
         "check retropod config get, and set missing or undone values with retropod config set", _settings),
    Item("mount", "Orientation of the pod on the shoe: without it the pod decides no direction.",
         "retropod mount", _details),
    Item("slot", "Slot of the running app, and its trial after an update.",
         "retropod update", _details),
    Item("gravity", "Acceleration at rest: it differs from 1 g if the sensor is another part than assumed.",
         "repeat it with the pod lying still; if that does not help, replace the sensor",
         _one(lambda mg, detail: f"{mg / 1000:.3f} g{f', {detail}' if detail else ''}")),
    Item("noise_acc", "Noise of the accelerometer at rest, of its worst axis.",
         _NOISY, _noise(1000, "mg", 1)),
    Item("noise_gyr", "Noise of the gyroscope at rest, of its worst axis.",
         _NOISY, _noise(1_000_000, "dps", 2)),
    Item("zero_rate", "Output of the gyroscope at rest.",
         "leave the pod lying still for a while, so that it learns the offset; above 20 dps replace the sensor",
         _one(lambda mdps, axis: f"{mdps / 1000:.2f} dps{f' on {axis}' if mdps else ''}")),
    Item("rate", "Actual sample rate against the board's clock.",
         "up to 25 % no action is needed: the pod uses the actual rate; above that replace the sensor",
         _one(_rate)),
    Item("self_test", "Response of the sensor's built-in self-test, against the limits of the data sheet.",
         "repeat it with the pod lying still; if that does not help, replace the sensor", _self_test),
    # counters of both ends during the tests
    Item("frames", "Frames damaged or lost on the line during the tests.",
         "use another cable, a port of the computer, or shorter wires", _details),
)  # fmt: skip
ITEMS = {item.name: item for item in _TABLE}
