"""Options that all commands share. They are valid before and after the name of a command."""

from collections.abc import Callable
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


def reset(notify: Callable[[str], None]) -> None:
    """Set all shared options to their defaults. `notify` prints a remark."""
    global _current
    _current = Options(notify=notify)


def _store(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Store the value of an option that was given. A default does not replace a value from before the command name."""
    source = context.get_parameter_source(str(parameter.name))
    if source not in (click.core.ParameterSource.DEFAULT, None):
        setattr(_current, str(parameter.name), value)
    return value


def _option(*names: str, **attributes: Any) -> click.Option:
    return click.Option(names, expose_value=False, callback=_store, **attributes)


def create(environment: bool = False) -> list[click.Parameter]:
    """Create the shared options. `environment`: read defaults from environment variables.

    Only the top level does that: after the command name they would replace options from before the command name.
    """
    port, baud = ("RETROPOD_PORT", "RETROPOD_BAUD") if environment else (None, None)
    return [
        _option("--port", metavar="URL", envvar=port, default="auto", show_default=True,
                help="Set the serial port of the pod, or any URL that pyserial accepts (environment: RETROPOD_PORT)."),
        _option("--baud", type=click.IntRange(min=1), envvar=baud, default=115200, show_default=True,
                help="Set the bit rate of the port. USB and pseudo-terminals ignore it."),
        _option("--json", "json", is_flag=True, help="Print JSON on stdout: one object, or one object per line."),
        _option("--verbose", "-v", is_flag=True, help="Print details and tracebacks on stderr."),
    ]  # fmt: skip
