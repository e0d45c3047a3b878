"""The frame of every command: options that all share, commands that load only when they run."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from retropod import __version__

if TYPE_CHECKING:
    from retropod.client.pod import Pod

# name: module, attribute, one line for --help. Here and not in the modules, so that --help imports none of them.
_COMMANDS = {
    "demo": ("demo", "demo", "No hardware: a virtual pod runs a session, is watched, downloaded and summed up."),
    "sim": ("sim", "sim", "A virtual pod on a pseudo-terminal, until Ctrl-C."),
    "list": ("listing", "list_pods", "Find pods: ask every likely port."),
    "info": ("info", "info", "Who the pod is, its state, battery, storage, clock."),
    "doctor": ("doctor", "doctor", "What is wrong with pod, sensor or line, and what mends it."),
    "live": ("live", "live", "Strides as they come."),
    "record": ("record", "record", "Start, stop or mark a recording on the pod."),
    "runs": ("runs", "runs", "What is stored on the pod, or --here."),
    "download": ("runs", "download_runs", "Fetch runs: resumable, verified."),
    "erase": ("runs", "erase", "Erase runs on the pod that are safely here."),
    "show": ("show", "show", "A stored run in the terminal."),
    "replay": ("replay", "replay", "A recording through the whole virtual pod."),
    "score": ("score", "score", "The pod's engine against labelled recordings."),
    "mount": ("mount", "mount", "Mount check and calibration, guided."),
    "config": ("config", "config", "The pod's settings: get, set."),
    "flash": ("flash", "flash", "From a bare ESP32 to a working pod."),
    "update": ("update", "update", "New app on the pod; what it has stored is kept."),
    "install": ("install", "install", "Put the app on a board that runs stock MicroPython."),
    "firmware": ("firmware", "firmware", "Compile the app for every kind of board."),
    "time": ("config", "time", "The pod's clock: sync."),
    "capture": ("capture", "capture", "Samples, settings and faults in one file, for a bug report."),
}


@dataclass
class Settings:
    """What the shared options say."""

    port: str = "auto"
    baud: int = 115200
    json: bool = False
    verbose: bool = False

    def connect(self) -> "Pod":
        """The pod that --port names, greeted. Raises NoPod, PortBusy, ProtocolMismatch ..."""
        from retropod.client.discover import connect

        return connect(self.port, self.baud)


_current = Settings()


def settings() -> Settings:
    """The shared options of this run."""
    return _current


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """An option given anywhere counts; one that is not given leaves what was said before."""
    source = context.get_parameter_source(str(parameter.name))
    if source not in (click.core.ParameterSource.DEFAULT, None):
        setattr(_current, str(parameter.name), value)
    return value


def _option(*names: str, **attributes: Any) -> click.Option:
    return click.Option(names, expose_value=False, callback=_keep, **attributes)


def _shared(environment: bool = False) -> list[click.Parameter]:
    """`environment`: take defaults from it; once is enough, else it would win over what stands before the command."""
    port, baud = ("RETROPOD_PORT", "RETROPOD_BAUD") if environment else (None, None)
    return [
        _option("--port", metavar="URL", envvar=port, default="auto", show_default=True,
                help="Serial port of the pod, or any URL that pyserial knows (env RETROPOD_PORT)."),
        _option("--baud", type=click.IntRange(min=1), envvar=baud, default=115200, show_default=True,
                help="Speed of the port; USB and pseudo-terminals ignore it."),
        _option("--json", "json", is_flag=True, help="One JSON object, or one a line, on stdout."),
        _option("--verbose", "-v", is_flag=True, help="Say more on stderr; show tracebacks."),
    ]  # fmt: skip


class Command(click.Command):
    """A command that takes the shared options behind its name too."""

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.params.extend(_shared())


class Group(click.Group):
    """A group whose commands are `Command`s."""

    command_class = Command


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, attribute, _ = _COMMANDS[cmd_name]
        return getattr(importlib.import_module(f"retropod.cli.{module}"), attribute)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in _COMMANDS.items()])


def command(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Decorator: a command with the shared options and the line that `--help` of the whole shows for it."""
    return click.command(name, cls=Command, short_help=_COMMANDS[name][2])


def _version(context: click.Context, _: click.Parameter, given: bool) -> None:
    if given:
        click.echo(f"retropod {__version__}")
        context.exit()


cli = _Lazy(
    "retropod",
    params=[*_shared(environment=True), click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False,
                                     help="Show the version and exit.",
                                     callback=_version)],
    help="A foot pod that tells backward running from forward: find it, watch it, fetch what it stored.",
    epilog="Start with `retropod demo`. No medical device; look behind you.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)  # fmt: skip
