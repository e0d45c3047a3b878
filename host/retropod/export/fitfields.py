"""The developer fields of a FIT file: values of a stride that FIT has no field for."""

from typing import NamedTuple


class ByteField(NamedTuple):
    """A developer field of one unsigned byte. `names`: texts of its values, if these are codes."""

    number: int
    name: str
    units: str
    meaning: str
    names: tuple[str, ...] = ()


DIRECTION = ByteField(
    0, "direction", "", "Direction relative to the shoe.", ("unknown", "forward", "backward", "lateral")
)
CONFIDENCE = ByteField(1, "confidence", "percent", "Probability of the most likely direction.")
STRIKE = ByteField(2, "strike", "", "Part of the foot at the initial contact.", ("unknown", "heel", "not_heel"))
CLIPPED = ByteField(3, "clipped", "", "1 if the motion exceeded the range of the sensor in this stride.")
DEVELOPER_FIELDS = (DIRECTION, CONFIDENCE, STRIKE, CLIPPED)


def code(field: ByteField, name: str) -> int:
    """Return the number of a text."""
    return field.names.index(name)
