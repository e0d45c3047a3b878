"""Tables on a terminal and in a pipe."""

import json
import math
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from retropod.cli import output

HEADINGS = ["run", "description of the run"]
ROWS = [["7", "a short one"], ["12", "a longer text, " * 10]]


def test_a_row_in_a_pipe_is_one_line_without_colour(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table(HEADINGS, ROWS, "rl")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["run  description of the run", "  7  a short one"]
    assert lines[2] == " 12  " + ROWS[1][1].rstrip()


def test_a_table_on_a_terminal_wraps_at_its_width(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "console", lambda: Console(file=StringIO(), force_terminal=True, width=40))
    output.print_table(HEADINGS, ROWS, "rl")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 4 and all(len(line) <= 40 for line in lines[1:])


def test_a_terminal_that_is_too_narrow_for_the_columns_shows_blocks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "console", lambda: Console(file=StringIO(), force_terminal=True, width=40))
    names = ["name", "start", "wearer", "fwd m", "bwd m", "state"]
    output.print_table(names, [["1", "2027-01-15 08:00", "Ada", "450", "-", "verified"], ["2", "unknown", *"-" * 4]])
    assert capsys.readouterr().out.splitlines() == [
        "name    1", "start   2027-01-15 08:00", "wearer  Ada", "fwd m   450", "bwd m   -", "state   verified", "",
        "name    2", "start   unknown", "wearer  -", "fwd m   -", "bwd m   -", "state   -",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [10, 20, 100])
def test_no_character_of_a_cell_is_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    monkeypatch.setattr(output, "console", lambda: Console(file=StringIO(), width=width))
    output.print_table(["path", "n"], [["/a/path/of/thirty/characters.rpr", "1"]])
    assert sorted("".join(capsys.readouterr().out.split())) == sorted("pathn/a/path/of/thirty/characters.rpr1")


def test_markup_in_a_cell_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_pairs([("name", "[red]left[/red] shoe")])
    assert capsys.readouterr().out == "name  [red]left[/red] shoe\n"


def test_a_long_value_continues_below_and_a_path_is_not_broken(capsys: pytest.CaptureFixture[str]) -> None:
    words, path = "twelve words of a value " * 6, "/a-path" * 12
    output.print_pairs([("first", words), ("second", path), ("third", "")])
    first, *rest, second, third = capsys.readouterr().out.splitlines()
    assert rest and max(map(len, [first, *rest])) <= 80 and all(line.startswith(" " * 8) for line in rest)
    assert " ".join([first, *rest]).split()[1:] == words.split()
    assert (second.split(), third) == (["second", path], "third")


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, np.float32("nan"), np.float64("inf")])
@pytest.mark.parametrize("place", [lambda n: n, lambda n: [n], lambda n: {"a": {"b": (n, 1.5)}}])
def test_json_has_null_for_a_number_that_is_not_finite(
    number: float, place: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    output.print_json({"value": place(number)})
    out = capsys.readouterr().out
    assert "null" in out
    assert "NaN" not in out and "Infinity" not in out
    assert json.loads(out)


def test_json_of_other_types(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json([b"\x01\xff", Path("/a/b"), np.int16(7), np.array([[1, 2]]), (None, True, 3, 2.5)])
    assert json.loads(capsys.readouterr().out) == ["01ff", "/a/b", 7, [[1, 2]], [None, True, 3, 2.5]]
    with pytest.raises(TypeError, match="object"):
        output.print_json(object())


class Screen(StringIO):
    """A standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list(output.each([1, 2], "reading runs")) == [1, 2]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr", screen := Screen())
    assert list(output.each([1, 2], "reading runs")) == [1, 2]
    assert "reading runs" in screen.getvalue() and "2/2" in screen.getvalue()
