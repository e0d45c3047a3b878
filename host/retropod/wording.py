"""Parts of English sentences."""


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun, as in `1 run` or `2 runs`. `plural`: a plural that is not formed by an s."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
