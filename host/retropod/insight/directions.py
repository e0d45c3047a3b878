"""Directions as readers see them. Data (wire, JSON, labels) says `lateral`, a text says `sideways`."""

DIRECTIONS = ("forward", "backward", "lateral", "unknown")
_WORDS = {"lateral": "sideways"}


def in_words(direction: str) -> str:
    """Return the text for a direction: `lateral_left` is `sideways, left`, `forward` is unchanged."""
    name, _, side = direction.partition("_")
    return ", ".join(part for part in (_WORDS.get(name, name), side) if part)
