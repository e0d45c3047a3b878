"""Plan of a session: steps of a direction and a duration, and the text that describes them."""

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from retropod.errors import UsageError
from retropod.insight.directions import in_words
from retropod.insight.units import clock

EXAMPLE = "8x(20s back, 40s forward)"
_WAYS = {
    "back": "backward", "backward": "backward", "forward": "forward", "sideways": "lateral",
    "any": "any", "stand": "standing", "standing": "standing", "rest": "rest",
}  # fmt: skip
_WORDS = {"any": "any direction", "standing": "stand"}
_TOKEN = re.compile(r"\s*(?:(\d{1,9})\s*x\s*(?=[\d(])|([\d:.]+)\s*(s|min)?(?![\w.:])|([A-Za-z]+)|(\d+|\S))")
_MOST_REPETITIONS = 999
_MOST_STEPS = 2000
_MOST_S = 24 * 3600.0


class PlanStep(NamedTuple):
    """A step of a plan. `repetition` of `repetitions` of its group, from 1. `seconds`: its duration, in s.

    `way`: forward, backward or lateral. `any`: any of them. `standing`: no stride. `rest`: nothing is demanded.
    """

    way: str
    seconds: float
    repetition: int = 1
    repetitions: int = 1

    @property
    def text(self) -> str:
        """Duration and direction in words."""
        return f"{duration(self.seconds)} {way_in_words(self.way)}"

    @property
    def place(self) -> str:
        """Repetition in words, empty for a step that is not repeated."""
        return f"{self.repetition} of {self.repetitions}" if self.repetitions > 1 else ""


def way_in_words(way: str) -> str:
    """Return the text for the way of a step."""
    return _WORDS.get(way, in_words(way))


def duration(seconds: float) -> str:
    """Return a duration of a step as text: seconds below two minutes, otherwise m:ss."""
    return f"{seconds:g} s" if seconds < 120 else f"{clock(seconds).removesuffix('.0')} min"


def parse(text: str) -> tuple[PlanStep, ...]:
    """Return the steps of a plan such as `5min forward, 8x(20s back, 40s forward), 1:30 rest`.

    Raises UsageError, which names the position, if the text is not a plan.
    """
    return tuple(_Parser(text).plan())


class _Parser:
    """Reads a plan from left to right. Each token is its kind, its text and its column."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._steps: list[PlanStep] = []

    def plan(self) -> list[PlanStep]:
        self._item()
        while self._kind() == ",":
            self._take()
            self._item()
        if self._kind() != "end":
            self._refuse("expected a comma or the end")
        return self._steps

    def _item(self) -> None:
        if self._kind() != "times":
            self._add([self._step()], 1)
            return
        _, number, at = self._tokens[0]
        times = int(number)
        if not 1 <= times <= _MOST_REPETITIONS:
            self._refuse(f"{number} repetitions, of 1 to {_MOST_REPETITIONS}", at)
        self._take()
        self._add(self._group() if self._kind() == "(" else [self._step()], times)

    def _group(self) -> list[PlanStep]:
        self._take()
        steps = [self._step()]
        while self._kind() == ",":
            self._take()
            steps.append(self._step())
        if self._kind() != ")":
            self._refuse("expected a comma or `)`")
        self._take()
        return steps

    def _step(self) -> PlanStep:
        if self._kind() == "times":
            self._refuse("a repetition within a repetition is not possible")
        if self._kind() != "duration":
            self._refuse("expected a duration, such as 20s, 1:30 or 5min")
        seconds = self._seconds(*self._take()[1:])
        if self._kind() != "word":
            self._refuse("expected a direction")
        _, word, at = self._take()
        if word.lower() not in _WAYS:
            self._refuse(f"unknown direction `{word}`", at)
        return PlanStep(_WAYS[word.lower()], seconds)

    def _seconds(self, text: str, at: int) -> float:
        number, _, unit = text.partition(" ")
        if not re.fullmatch(r"\d{1,9}:[0-5]\d" if not unit else r"\d{1,9}(\.\d{1,9})?", number):
            self._refuse(f"`{text.replace(' ', '')}` is not a duration with s or min", at)
        minutes, _, seconds = number.rpartition(":")
        taken = 60 * int(minutes or 0) + float(seconds) * (60 if unit == "min" else 1)
        if not 1.0 <= taken <= _MOST_S:
            self._refuse("a step takes 1 s to 24 h", at)
        return taken

    def _add(self, steps: list[PlanStep], times: int) -> None:
        if len(self._steps) + times * len(steps) > _MOST_STEPS:
            self._refuse(f"a plan has up to {_MOST_STEPS} steps")
        for number in range(1, times + 1):
            self._steps += [one._replace(repetition=number, repetitions=times) for one in steps]

    def _kind(self) -> str:
        return self._tokens[0][0]

    def _take(self) -> tuple[str, str, int]:
        return self._tokens.pop(0)

    def _refuse(self, cause: str, at: int | None = None) -> NoReturn:
        column = (self._tokens[0][2] if at is None else at) + 1
        ways = ", ".join(word for word in _WAYS if word not in ("backward", "standing"))
        raise UsageError(
            f"invalid plan, column {column}: {cause}: {self._text[column - 1 :].strip() or 'the end of the text'}",
            f'write steps such as "{EXAMPLE}". Directions: {ways}',
        )


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    at = 0
    while found := _TOKEN.match(text, at):
        times, number, unit, word, sign = found.groups()
        begin = next(found.start(index) for index in range(1, 6) if index != 3 and found.group(index) is not None)
        if times:
            yield "times", times, begin
        elif number:
            yield "duration", f"{number} {unit}" if unit else number, begin
        else:
            yield ("word", word, begin) if word else (sign, sign, begin)
        at = found.end()
    yield "end", "", len(text)
