"""Checks of settings before they are sent: their values, and whether bus, line and pins carry them together.

The arithmetic and the tables are those of the pod (`retrowire`). Choices and unknown names are left to the pod, because
a later firmware may know more of them.
"""

import difflib
import json
from collections.abc import Mapping
from typing import Any

from retropod.errors import UsageError
from retrowire import boards, bus, framing, pinuse, settingrows

_ROOM = framing.MAX_HOST_PAYLOAD - 1  # bytes of a text in one request
_SHOWN = 40  # letters of a refused value
_FLAGS = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
_FREE_PIN = "choose a free GPIO; `retropod config get pins` shows those in use"
_BUS = frozenset({"i2c_hz", "rate_hz", "chip"})


def fits(text: str) -> bool:
    """Return whether a request with this text fits into a frame of the host."""
    return len(text.encode("utf-8", "replace")) <= _ROOM


def similar(name: str, names: list[str]) -> str:
    """Return the most similar of `names`; empty if none is similar."""
    return next(iter(difflib.get_close_matches(name, names, 1)), "")


def pair(name: str, value: Any) -> str:
    """Return `name=value` as a request has it. Raises UsageError if it is not finite, not UTF-8, or does not fit."""
    try:
        text = f"{name}={json.dumps(value, ensure_ascii=False, allow_nan=False)}"
        size = len(text.encode())
    except UnicodeEncodeError:
        raise UsageError(f"the value of {name} is not UTF-8", "use a terminal and a keyboard that send UTF-8") from None
    except ValueError:
        raise UsageError(f"the value of {name} is not a finite number", "give a whole number") from None
    if size > _ROOM:
        raise UsageError(f"{_short(text)} has {size} bytes, a request has at most {_ROOM}", "give a shorter value")
    return text


def typed(name: str, text: str, kind: str = "") -> Any:
    """Convert the text of a user to a valid value of the setting. Raises UsageError with the valid range.

    `kind`: as in `settingrows`; default: that of the setting.
    """
    kind = kind or settingrows.kind_of(name)
    value: Any = text
    if kind == "flag":
        value = _FLAGS.get(text.lower())
        if value is None:
            raise UsageError(f"{name} must be on or off, not {_short(text)}", "give on or off")
    elif kind in ("int", "of", "pin"):
        value = _number(name, text)
    if kind == "one" or settingrows.kind_of(name) == "":
        pair(name, value)
        return value
    return _checked(name, value, text)


def _checked(name: str, value: Any, text: str) -> Any:
    if isinstance(value, str) and value != value.encode("utf-8", "replace").decode():
        pair(name, value)
    try:
        return settingrows.check(name, value)
    except ValueError as error:
        found = "" if isinstance(value, str) else f", not {_short(text)}"
        raise UsageError(f"{name} must be {error}{found}", f"`retropod config get {name}` shows its value") from None


def _number(name: str, text: str) -> Any:
    try:
        return int(text, 0)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{name} must be a number, not {_short(text)}",
                         f"`retropod config get {name}` shows its value") from None  # fmt: skip


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")


def judge(new: Mapping[str, Any], stored: Mapping[str, Any], pins: Mapping[str, Any], chip: str) -> list[str]:
    """Check settings together, after the change of `stored` by `new`. Raises UsageError with the values that work.

    `pins`: the pod's answer to `pins`. `chip`: the sensor that the pod has found, or `none`. Only faults that a
    setting in `new` takes part in count, so that one of several faults can be repaired. Returns remarks.
    """
    values = {**stored, **new}
    if new.keys() & _BUS:
        _check_bus(values, chip)
    return [*_line_remarks(new, values, chip), *_check_pins(new, values, str(pins.get("board", "")))]


def _check_bus(values: Mapping[str, Any], chip: str) -> None:
    name, hz = _driver(values, chip), int(values["i2c_hz"])
    rate = bus.rate(name, int(values["rate_hz"]))
    carried = bus.rates(name, hz)
    if rate in carried:
        return
    load = bus.load_permille(name, hz, rate) / 10
    remedies = [f"`retropod config set i2c_hz={bus.least_hz(name, rate)} rate_hz={values['rate_hz']}`"]
    if carried:
        remedies.append(f"`retropod config set i2c_hz={hz} rate_hz={bus.rate(name, rate, carried)}`")
    raise UsageError(
        f"i2c_hz {hz} and rate_hz {values['rate_hz']} do not go together: {rate} samples/s of the {name} would take "
        f"{load:.0f} % of the time of bus and processor, at most {bus.MOST_PERMILLE // 10} % works",
        f"nearest values that work: {' or '.join(remedies)}",
    )


def _driver(values: Mapping[str, Any], chip: str) -> str:
    return bus.driver(chip if values["chip"] == "auto" else str(values["chip"]))


def _line_remarks(new: Mapping[str, Any], values: Mapping[str, Any], chip: str) -> list[str]:
    """Return a remark if the line of the new settings does not carry raw samples. It always carries strides."""
    line = int(values["line_rate"])
    if "line_rate" not in new or line <= 0:
        return []
    name = _driver(values, chip)
    rate = bus.rate(name, int(values["rate_hz"]))
    needed, room = bus.raw_bytes_s(bus.axes(name), rate), bus.line_bytes_s(line)
    if needed <= room:
        return []
    return [f"line_rate {line} carries strides but no raw samples: {rate} Hz take {needed} bytes/s, it has {room}"]


def _check_pins(new: Mapping[str, Any], values: Mapping[str, Any], board: str) -> list[str]:
    """Check the pins in `new`, or all pins if the board is new. Return a remark for each strapping pin."""
    board = str(new.get("board", board)).replace("auto", board)
    if board not in boards.names():
        return []  # an older pod does not name its board, and the pod refuses an unknown one
    everything = "board" in new
    chip = boards.processor(board)
    changed = [name for name in values if pinuse.is_pin(name) and (everything or name in new)]
    for name in changed:
        reason = pinuse.misuse(chip, name, int(values[name]))
        if reason:
            raise UsageError(f"{name} {values[name]}: {reason}", _FREE_PIN)
    for one, other, number in pinuse.shared(boards.COLUMNS.split(), boards.resolve(values.get, board)):
        if everything or one in new or other in new:
            raise UsageError(f"{one} and {other} would both use GPIO {number}", _FREE_PIN)
    strapping = [name for name in changed if name in new and pinuse.is_strapping(chip, int(values[name]))]
    return [
        f"{name} {values[name]}: the {chip} reads this GPIO when it starts (strapping pin), so nothing may pull it then"
        for name in strapping
    ]
