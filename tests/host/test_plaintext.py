"""Foreign text on the screen: nothing in it may change the screen, and nothing in it disappears."""

import json
import re
import unicodedata
from io import StringIO
from pathlib import Path

import pytest
from rich.text import Text

from host.runfiles import block, header
from retropod.cli import failure, output, run
from retropod.cli.plaintext import clean
from retropod.errors import OperationFailed

HOSTILE = {
    "escape sequence": "\x1b[31m\x1b]0;title\x07",
    "controls": "\0\a\b\t\v\f\r\x0e\x7f",
    "C1": "\x80\x85\x9b2J\x9d",
    "lines": "a\nerror: b\u2028c\u2029d\x1ce",
    "bidi": "\u202e\u2066\u2069\u200f\u061c",
    "no width": "a\u200bb\u200c\u200d\u2060\ufeff\u00ad\u034f\u3164",
    "tags": "\U000e0041\U000e0100",
    "surrogate": "\udc80\ud800",
}
GOOD = ["left shoe", "Żółć", "Лев", "左足", "😀", "a\u00a0b", "e\u0301", "±°→▲", "c:\\new"]
_OURS = re.compile(r"\x1b\[[0-9;]*m")


def dangerous(text: str) -> list[str]:
    bad = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return [ascii(one) for one in text if unicodedata.category(one) in bad or one in "\u034f\u3164\U000e0100"]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_becomes_visible(text: str) -> None:
    assert dangerous(text)
    assert dangerous(clean(text)) == []
    assert all(escaped(one) in clean(text) for one in text if dangerous(one))


def escaped(character: str) -> str:
    return "\\x80" if character == "\udc80" else character.encode("unicode_escape").decode()


@pytest.mark.parametrize("text", GOOD)
def test_printable_text_stays_unchanged(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_every_function_of_output_cleans(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    output.print_line(text)
    output.print_note(text)
    output.print_table(["name"], [[text]])
    output.print_pairs([(text, text)])
    output.print_rich(Text(f"{text} end"))
    output.print_rich(f"{text} end")
    output.print_json({text: text})
    out, err = capsys.readouterr()
    assert dangerous(out.replace("\n", "")) == dangerous(err.replace("\n", "")) == []
    assert len(out.splitlines()) == 7 and len(err.splitlines()) == 1
    assert list(json.loads(out.splitlines()[-1])) == [text]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    "error", [lambda text: OperationFailed(text, text), OSError, lambda text: OSError(2, text, text), SystemExit],
    ids=["ours", "without number", "with file", "exit"],
)  # fmt: skip
def test_errors_are_cleaned(error: object, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(error)
    assert failure.report(error(text)) == 1
    lines = capsys.readouterr().err.splitlines()
    assert dangerous("".join(lines)) == []
    assert [line.split(":")[0] for line in lines] in (["error", "hint"], ["error"])


def test_a_traceback_is_cleaned(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(output.options(), "verbose", True)
    failure.report(OperationFailed("name \x1b[2J"))
    err = capsys.readouterr().err
    assert "\x1b" not in err and err.count("\\x1b[2J") == 2


def test_a_run_file_cannot_change_the_screen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names in its header, and its own name."""
    path = tmp_path / "\x1b[31m\u202e[bold]\nerror: x.rpr"
    path.write_bytes(header(7, name=b"\x1b]0;t\x07[red]", wearer="\u202eb\x9b2J".encode()) + block(0, "stopped", 1))
    for words in (("show", str(path)), ("show", str(path) + "\x1b[2J"), ("--json", "show", str(path))):
        run([*words])
        out, err = capsys.readouterr()
        assert out or err
        assert dangerous(out.replace("\n", "") + err.replace("\n", "")) == []
        assert "\nerror: x" not in out + err
    run(["show", str(path)])
    out = capsys.readouterr().out
    assert r"\x1b]0;t\x07[red]" in out and r"\u202eb" in out


def test_a_terminal_gets_our_colours_and_no_foreign_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = output.console()
    monkeypatch.setattr(screen, "_force_terminal", True)
    monkeypatch.setattr(screen, "_color_system", 1)
    screen.file = StringIO()
    screen.print(Text("ours", "red"), Text("\x1b[32mforeign\n\u202e"), "[bold]:warning:")
    shown = screen.file.getvalue()
    assert "\x1b[31mours\x1b[0m" in shown
    assert "\\x1b[32mforeign\\n\\u202e" in shown
    assert "[bold]:warning:" in shown
    assert dangerous(_OURS.sub("", shown).rstrip("\n")) == []


def test_a_display_of_progress_is_clean_and_has_no_markup() -> None:
    with output.progress("{task.description}") as bars:
        bars.console.file = StringIO()
        bars.add_task("[red]/tmp/\x1b[2J", total=None)
        bars.console.print(bars.get_renderable())
        assert "[red]/tmp/\\x1b[2J" in bars.console.file.getvalue()
