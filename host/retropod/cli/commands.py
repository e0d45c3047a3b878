"""All commands in groups. A module of a command is imported when the command runs."""

import difflib
import importlib
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import click

from retropod import __version__
from retropod.cli import options, output
from retropod.cli.failure import Hidden, UnknownCommand
from retropod.errors import UsageError

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
        "report": ("report", "report", "Write a report of stored runs as one HTML file."),
        "history": ("history", "history", "Show weeks, ramp rate and progression of each wearer."),
        "tag": ("tag", "tag", "Set surface, grade, shoe or a note of a stored run."),
        "trash": ("trash", "trash", "Move stored runs to the trash, restore or delete them."),
        "rebuild": ("rebuild", "rebuild", "Rebuild the index of the stored runs."),
        "export": ("export", "export", "Write stored runs as CSV, Parquet, JSON lines, npz or FIT."),
        "import": ("import_", "import_files", "Store runs of another computer, or recordings."),
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
_OPTIONS_OF_PORT = tuple(f"--{name}" for name in options.OF_PORT)
_COMMANDS = {name: row for commands in _GROUPS.values() for name, row in commands.items()}


# Options of the port that a command takes, unless it takes both.
_WITHOUT_PORT = (
    "demo",
    "show",
    "report",
    "history",
    "export",
    "import",
    "tag",
    "trash",
    "rebuild",
    "replay",
    "score",
    "firmware",
)
_OF_PORT: dict[str, tuple[str, ...]] = {"sim": ("baud",)} | dict.fromkeys(_WITHOUT_PORT, ())
# Pairs of options that contradict each other.
_EXCLUSIVE = {
    "mount": (*itertools.combinations(("--query", "--given", "--forget", "--length"), 2),),
    "flash": (
        ("--yes", "--keep-micropython"),
        ("--repair", "--keep-micropython"),
        ("--firmware", "--keep-micropython"),
    ),
    "live": (("--big", "--web"), ("--web", "--json")),
    "runs": (("--here", "--port"), ("--here", "--baud")),
    "trash": (*itertools.combinations(("--restore", "--empty", "--wearer"), 2), ("--restore", "--for-good")),
    "doctor": (("--explain", "--port"), ("--explain", "--baud")),
}


class Command(click.Command):
    """A command that also accepts the shared options after its name.

    `of_port`: options of the port that it takes. `exclusive`: pairs of options that contradict each other.
    """

    def __init__(
        self,
        *arguments: Any,
        of_port: tuple[str, ...] = options.OF_PORT,
        exclusive: Sequence[tuple[str, str]] = (),
        **attributes: Any,
    ) -> None:
        super().__init__(*arguments, **attributes)
        self.of_port, self.exclusive = of_port, exclusive
        self.params.extend(options.create(of_port))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments. Raises UsageError for an option of the port that only other commands take."""
        for option in _OPTIONS_OF_PORT:
            if option[2:] not in self.of_port and options.is_given(ctx, option[2:]):
                raise self._not_taken(ctx, option)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.option_name in _OPTIONS_OF_PORT:
                raise self._not_taken(ctx, error.option_name) from error
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Raises UsageError for options that contradict each other."""
        for pair in self.exclusive:
            if all(options.is_given(ctx, self._parameter(option)) for option in pair):
                raise UsageError(f"{' and '.join(pair)} exclude each other", "give one of them")
        return super().invoke(ctx)

    def _not_taken(self, ctx: click.Context, option: str) -> UsageError:
        return UsageError(f"`{ctx.command_path}` does not take {option}", f"run `{ctx.command_path} --help`")

    def _parameter(self, option: str) -> str:
        """Return the name of the parameter of an option."""
        return next(str(parameter.name) for parameter in self.params if option in parameter.opts)


class _Suggesting(click.Group):
    """A group that suggests the nearest command for an unknown one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = difflib.get_close_matches(args[0].lower(), self.list_commands(ctx), 1)
            raise UnknownCommand(error.message, [f"{ctx.command_path} {name}" for name in near], ctx) from error


class Group(_Suggesting):
    """A group of `Command`s, which also accepts the shared options before the name of a command."""

    command_class = Command

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.params.extend(options.create())


class _Lazy(_Suggesting):
    def make_context(self, *arguments: Any, **attributes: Any) -> click.Context:
        options.reset(output.print_note)  # of an earlier command in the same process
        return super().make_context(*arguments, **attributes)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (EOFError, BrokenPipeError) as error:  # click takes them for Ctrl-D and for a reader that has left
            raise Hidden from error

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
    return click.command(name, cls=Command, short_help=_COMMANDS[name][2],
                         of_port=_OF_PORT.get(name, options.OF_PORT), exclusive=_EXCLUSIVE.get(name, ()))  # fmt: skip


def _version(context: click.Context, _: click.Parameter, given: bool) -> None:
    if given:
        output.print_line(f"retropod {__version__}")
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
    params=[*options.create(environment=False), _VERSION],
    help="Set up, watch and read a foot pod that distinguishes backward from forward running.\n\n"
    "Start with `retropod demo`, which needs no hardware.",
    epilog="The pod is not a medical device. Look behind you when you run backward.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
