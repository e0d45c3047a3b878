"""Form of every help text: an imperative sentence with a full stop, and a word for every argument."""

from collections.abc import Iterator

import click
import pytest

from retropod.cli import run
from retropod.cli.commands import cli

_NOT_FIRST = ("What ", "Who ", "Whether ", "Of ", "For ")


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None, f"{path} {name}"
            yield from commands(inner, f"{path} {name}")


COMMANDS = dict(commands(cli, "retropod"))


def texts(path: str) -> Iterator[tuple[str, str]]:
    """The texts of a command and of its options, each with its place."""
    command = COMMANDS[path]
    yield path, command.help or ""
    if path != "retropod":
        yield f"{path} (one line)", command.get_short_help_str(200)
    for option in command.get_params(click.Context(command)):
        if isinstance(option, click.Option):
            yield f"{path} {option.opts[0]}", option.help or ""


def faults(text: str) -> list[str]:
    found = [] if text[:1].isupper() else ["does not start with a capital letter"]
    found += [] if text.rstrip().endswith(".") else ["does not end with a full stop"]
    return found + ["starts with a clause or a fragment"] * text.startswith(_NOT_FIRST)


@pytest.mark.parametrize("path", COMMANDS)
def test_help_texts_have_the_form(path: str) -> None:
    assert [(place, fault, text) for place, text in texts(path) for fault in faults(text)] == []


@pytest.mark.parametrize("text", ["", "show it.", "Show it", "What is stored.", "Of the model."])
def test_a_text_of_another_form_is_found(text: str) -> None:
    assert faults(text)


@pytest.mark.parametrize("path", COMMANDS)
def test_the_help_names_every_argument(path: str) -> None:
    command = COMMANDS[path]
    for argument in command.params:
        if isinstance(argument, click.Argument):
            choices = argument.type.choices if isinstance(argument.type, click.Choice) else ()
            names = [*choices] or argument.make_metavar(click.Context(command)).strip("[].").split("|")
            assert [name for name in names if name not in (command.help or "")] == []


def test_the_first_screen_shows_every_command() -> None:
    screen = cli.get_help(click.Context(cli, info_name="retropod", terminal_width=80))
    listed = {line.split()[0] for line in screen.splitlines() if line.startswith("  ") and line.split()}
    assert set(cli.list_commands(click.Context(cli))) <= listed


def test_a_command_has_one_line_for_both_lists() -> None:
    """`--help` of the whole imports no command, so each group states its line a second time."""
    from retropod.cli.commands import _COMMANDS

    for name, (_, _, line) in _COMMANDS.items():
        assert COMMANDS[f"retropod {name}"].short_help == line


@pytest.mark.parametrize("group", ["retropod", "retropod config", "retropod time"])
def test_a_group_without_a_command_prints_its_help_page(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(group.split()[1:]) == 2
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith(f"Usage: {group} ") and "Options:" in shown
