"""Options that commands share. They are valid before and after the name of a command that takes them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from retropod.client.pod import Pod


@dataclass
class Options:
    """Values of the shared options."""

    port: str = "auto"
    baud: int = 115200
    pods: str = ""  # selection of several pods; empty: one pod at `port`
    json: bool = False
    verbose: bool = False
    notify: Callable[[str], None] = lambda text: None  # prints a remark: output depends on this module

    def connect(self) -> "Pod":
        """Connect to the pod at --port and exchange Hello.

        Raises NoPod, PortBusy or ProtocolMismatch.
        """
        from retropod.client.discover import connect, is_virtual

        pod = connect(self.port, self.baud)
        url = pod.connection.transport.url
        if self.port == "auto" and is_virtual(url):
            self.notify(f"using the virtual pod at {url}")
        return pod


_current = Options()


def options() -> Options:
    """Return the shared options of this run."""
    return _current


def reset(notify: Callable[[str], None] = lambda text: None) -> None:
    """Set all shared options to their defaults. `notify` prints a remark."""
    global _current
    _current = Options(notify=notify)


def _store(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Store the value of an option that was given.

    A default replaces no value, and a value of the environment replaces no value from before the command name.
    """
    name = str(parameter.name)
    source = context.get_parameter_source(name)
    default = source in (click.core.ParameterSource.DEFAULT, None)
    if not default and (source is click.core.ParameterSource.COMMANDLINE or not is_given(context, name)):
        setattr(_current, name, value)
    return value


def is_given(context: click.Context, name: str) -> bool:
    """Return whether the parameter `name` was given on the command line, before or after the name of the command."""
    sources = (one.get_parameter_source(name) for one in _with_parents(context))
    return click.core.ParameterSource.COMMANDLINE in sources


def _with_parents(context: click.Context | None) -> Iterator[click.Context]:
    while context is not None:
        yield context
        context = context.parent


def _option(*names: str, **attributes: Any) -> click.Option:
    return click.Option(names, expose_value=False, callback=_store, **attributes)


OF_PORT = ("port", "baud")  # options of commands that talk to a pod
OF_PODS = (*OF_PORT, "pods")  # options of commands that also work on several pods


def create(of_port: tuple[str, ...] = OF_PORT, environment: bool = True) -> list[click.Parameter]:
    """Create the shared options, with those in `of_port`. `environment`: read defaults from environment variables.

    The top level does not do that: it does not know yet whether the command takes the option.
    """
    port, baud = ("RETROPOD_PORT", "RETROPOD_BAUD") if environment else (None, None)
    known = {
        "port": _option(
            "--port", metavar="URL", envvar=port, default="auto", show_default=True,
            help="Set the serial port of the pod, or any URL that pyserial accepts (environment: RETROPOD_PORT)."),
        "baud": _option(
            "--baud", type=click.IntRange(min=1), envvar=baud, default=115200, show_default=True,
            help="Set the bit rate of the port. USB and pseudo-terminals ignore it (environment: RETROPOD_BAUD)."),
        "pods": _option(
            "--pods", metavar="all|POD,POD",
            help="Work on several pods: all that `retropod list` finds, or these names, device ids, feet (left, right) "
            "or ports."),
    }  # fmt: skip
    return [
        *(known[name] for name in of_port),
        _option("--json", "json", is_flag=True, help="Print JSON on stdout: one object, or one object per line."),
        _option("--verbose", "-v", is_flag=True, help="Print details and tracebacks on stderr."),
    ]
