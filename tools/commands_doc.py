"""Generates the page of all commands for the documentation site from the texts of `retropod COMMAND --help`."""

import inspect
import re
from collections.abc import Iterator

import click

from retropod.cli import commands, options
from retropod.cli.settings_doc import SETTINGS

_SHARED = {str(one.name) for one in options.create()} | {"help"}
_HEAD = """# Commands

<!-- generated from the texts of `retropod COMMAND --help` -->

Every command accepts `--help`, `--json` and `--verbose` (`-v`), before or after its name. Commands that talk to a pod
also accept `--port` and `--baud`; they are marked *port*. Exit codes: 0 success, 1 operation failed, 2 usage error,
3 no pod or port busy, 4 protocol mismatch, 5 damaged data, 130 interrupted.
"""


def document() -> str:
    """Return the text of the page."""
    context = click.Context(commands.cli, info_name="retropod")
    parts = [_HEAD]
    for group, names in commands._GROUPS.items():
        parts.append(f"\n## {group}\n")
        for name in names:
            parts += _command(context, name, commands.cli.get_command(context, name))
    return "\n".join(parts)


def _command(parent: click.Context, name: str, command: click.Command | None) -> Iterator[str]:
    assert command is not None
    context = click.Context(command, info_name=name, parent=parent)
    level = "#" * (2 + len(context.command_path.split()) - 1)
    yield f"\n{level} {context.command_path.removeprefix('retropod ')}\n"
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"```\n{usage}\n```\n"
    taken = {str(one.name) for one in command.params}
    yield from map(_paragraph, _paragraphs(command, "port" in taken))
    yield from _options(context, command)
    if name == "config":
        yield from _settings()
    if isinstance(command, click.Group):
        for sub in command.list_commands(context):
            yield from _command(context, sub, command.get_command(context, sub))


def _paragraphs(command: click.Command, port: bool) -> list[str]:
    found = inspect.cleandoc((command.help or "").partition("\f")[0]).split("\n\n")
    return [*found[:-1], f"{found[-1]} *port*" if port and not found[-1].startswith("\b") else found[-1]]


def _paragraph(text: str) -> str:
    if text.startswith("\b"):  # click keeps the lines of this paragraph
        lines = text.removeprefix("\b").strip("\n")
        return f"```\n{lines}\n```\n"
    return f"{escaped(text)}\n"


def _options(context: click.Context, command: click.Command) -> Iterator[str]:
    rows = [one.get_help_record(context) for one in command.params if one.name not in _SHARED]
    if any(rows):
        yield "| option | meaning |\n|---|---|"
        for name, meaning in filter(None, rows):
            yield f"| {escaped(f'`{name}`')} | {escaped(meaning)} |"
        yield ""


def _settings() -> Iterator[str]:
    yield "| setting (`*`: takes effect at the next start) | meaning |\n|---|---|"
    yield from (f"| {escaped(f'`{name}`')} | {escaped(meaning)} |" for name, meaning in SETTINGS.items())
    yield ""


def escaped(text: str) -> str:
    """Return a text of a help or schema as Markdown that shows the same characters, also in a table."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(re.sub(r"\|" if one.startswith("`") else r"[*<>\[\]|]", r"\\\g<0>", one) for one in parts)
