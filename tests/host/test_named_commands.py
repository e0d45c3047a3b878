"""Commands in hints, help texts and docstrings: each one exists, with its options and its arguments."""

import ast
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import retropod
from host.test_help import COMMANDS

_QUOTED = "`retropod "


def texts(source: str) -> Iterator[str]:
    """Yield all texts. A value in an f-string becomes the number 1, which is valid for all kinds of values in use."""
    tree = ast.parse(source)
    inner = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "1" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inner:
            yield node.value


def named(text: str) -> Iterator[list[str]]:
    """Yield the words after `retropod` of each quoted command, without a pipe to another program."""
    for part in text.split(_QUOTED)[1:]:
        words = part.partition("`")[0].partition("|")[0].split()
        yield [word.removesuffix("...") for word in words]


def fault(words: list[str]) -> str:
    """Return the fault of a command. One without options and arguments may only be its name."""
    command, context = COMMANDS["retropod"], None
    rest, path = words, "retropod"
    try:
        while isinstance(command, click.Group):
            context = click.Context(command, context, path)
            shared, rest = _split(command, context, rest)
            if not rest:
                return "" if "--help" in shared else "" if path != "retropod" else "no command"
            path, rest = f"{path} {rest[0]}", rest[1:]
            if path not in COMMANDS:
                return f"no such command: {path}"
            command = COMMANDS[path]
            if not rest:
                return ""
        return "" if rest == ["--help"] else _unparsed(command, context, rest)
    except click.UsageError as error:
        return error.format_message()


def _split(command: click.Group, context: click.Context, words: list[str]) -> tuple[list[str], list[str]]:
    """Return the options before the name of the command, and the words from there."""
    if words[:1] == ["--help"]:
        return words, []
    parser = command.make_parser(context)
    parser.allow_interspersed_args = False
    _, rest, _ = parser.parse_args([*words])
    return words[: len(words) - len(rest)], rest


def _unparsed(command: click.Command, context: click.Context | None, words: list[str]) -> str:
    """Return the fault of options and arguments. A word in capitals stands for a value, whose type is not checked."""
    inner = click.Context(command, context)
    values, extra, _ = command.make_parser(inner).parse_args([*words])
    for parameter in command.params:
        value = values.get(str(parameter.name))
        given = [word for word in (value if isinstance(value, tuple | list) else [value]) if isinstance(word, str)]
        if parameter.required and not given:
            return f"{parameter.human_readable_name} is missing"
        if isinstance(parameter.type, click.Choice):
            for word in given:
                if word != "1" and not word.isupper():
                    parameter.type.convert(word, parameter, inner)
    return f"unexpected: {' '.join(extra)}" if extra else ""


def test_each_command_in_a_text_can_be_given() -> None:
    folder = Path(retropod.__file__).parent
    found = [(path.name, words) for path in sorted(folder.rglob("*.py"))
             for text in texts(path.read_text("utf-8")) for words in named(text)]  # fmt: skip
    assert len(found) > 100
    assert [(name, " ".join(words), fault(words)) for name, words in found if fault(words)] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("run `retropod captur`", "no such command"), ("`retropod capture --seconds 10`", "file is missing"),
        ("`retropod mount --gven`", "--gven"), ("`retropod config gt x`", "no such command"),
        ("`retropod record begin`", "begin"), ("`retropod --prt X info`", "--prt"),
        ("`retropod update x`", "unexpected: x"),
    ],
)  # fmt: skip
def test_a_command_that_does_not_parse_is_found(text: str, words: str) -> None:
    (command,) = named(text)
    assert words in fault(command).lower()


@pytest.mark.parametrize("text", ["`retropod runs`", "`retropod replay --help`", "`retropod --port X list --all`"])
def test_a_command_that_parses_has_no_fault(text: str) -> None:
    assert [fault(words) for words in named(text)] == [""]
