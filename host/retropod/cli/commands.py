"""All commands in groups. A module of a command is imported when the command runs."""

import importlib
from collections.abc import Callable
from typing import Any

import click

from retropod import __version__
from retropod.cli import options, output

# group: {command: (module, attribute, line for --help)}. The lines are stored here, so that --help imports no module.
_GROUPS = {
    "Try it without hardware": {
        "demo": ("demo", "demo", "Run a session on a virtual pod and compare it with the truth."),
        "sim": ("sim", "sim", "Run a virtual pod on a pseudo-terminal until Ctrl-C."),
    },
    "Set up a pod": {
        "flash": ("flash", "flash", "Turn a bare ESP32 into a pod, or repair a pod."),
        "install": ("install", "install", "Install the app on a board that runs stock MicroPython."),
        "update": ("update", "update", "Install this tool's app on a pod. Keep runs and settings."),
        "mount": ("mount", "mount", "Check and calibrate the orientation of the pod on the shoe."),
        "config": ("config", "config", "Read or change the settings of the pod."),
        "time": ("config", "time", "Set the clock of the pod."),
    },
    "Use a pod": {
        "list": ("listing", "list_pods", "Find pods on the likely ports."),
        "info": ("info", "info", "Show pod identity, state, battery, storage and clock."),
        "live": ("live", "live", "Stream strides live."),
        "record": ("record", "record", "Start or stop a recording on the pod, or mark a lap."),
    },
    "Use stored runs": {
        "runs": ("runs", "runs", "List the runs on the pod, or on this computer."),
        "download": ("runs", "download_runs", "Download and verify runs."),
        "show": ("show", "show", "Show a stored run."),
        "erase": ("runs", "erase", "Erase runs from the pod that this computer holds."),
    },
    "Solve a problem": {
        "doctor": ("doctor", "doctor", "Diagnose computer, port, pod and sensor, and name the fix."),
        "capture": ("capture", "capture", "Write samples, settings and faults to a file for a bug report."),
    },
    "Develop": {
        "replay": ("replay", "replay", "Send a recording through a virtual pod."),
        "score": ("score", "score", "Score the engine of the pod on labelled recordings."),
        "firmware": ("firmware", "firmware", "Compile the app for every kind of board."),
    },
}
_COMMANDS = {name: row for commands in _GROUPS.values() for name, row in commands.items()}


class Command(click.Command):
    """A command that also accepts the shared options after its name."""

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.params.extend(options.create())


class Group(click.Group):
    """A group of `Command`s."""

    command_class = Command


class _Lazy(click.Group):
    def make_context(self, *arguments: Any, **attributes: Any) -> click.Context:
        options.reset(output.print_note)  # of an earlier command in the same process
        return super().make_context(*arguments, **attributes)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, attribute, _ = _COMMANDS[cmd_name]
        return getattr(importlib.import_module(f"retropod.cli.{module}"), attribute)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)  # before the options, because a new user needs the commands first
        click.Command.format_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, _COMMANDS))  # the same column of texts in every section
        for group, commands in _GROUPS.items():
            with formatter.section(group):
                formatter.write_dl([(name.ljust(widest), line) for name, (_, _, line) in commands.items()])


def command(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Return a decorator for a command with the shared options and its line of `retropod --help`."""
    return click.command(name, cls=Command, short_help=_COMMANDS[name][2])


def _version(context: click.Context, _: click.Parameter, given: bool) -> None:
    if given:
        click.echo(f"retropod {__version__}")
        context.exit()


_VERSION = click.Option(
    ["--version"],
    is_flag=True,
    is_eager=True,
    expose_value=False,
    help="Show the version and exit.",
    callback=_version,
)

cli = _Lazy(
    "retropod",
    params=[*options.create(environment=True), _VERSION],
    help="Set up, watch and read a foot pod that distinguishes backward from forward running.\n\n"
    "Start with `retropod demo`, which needs no hardware.",
    epilog="The pod is not a medical device. Look behind you when you run backward.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
