"""`retropod install`."""

from retropod.cli import output
from retropod.cli.frame import command, settings
from retropod.cli.steps import watching
from retropod.errors import RetropodError, UsageError

_HELLO_S = 30.0  # an ESP32 loads sixty files first


def named_port(name: str) -> str:
    """The port that was named. Raises UsageError for `auto`: overwriting whatever answers first would surprise."""
    port = settings().port
    if port == "auto":
        raise UsageError("which board?", f"retropod --port /dev/ttyUSB0 {name}; `retropod list --all` shows every port")
    return port


@command("install")
def install() -> None:
    """Put the app on a board that runs stock MicroPython, v1.26.1 or newer; what it has stored is kept."""
    from retropod.install.app import install as run

    port = named_port("install")
    with watching("install") as watcher:
        info = run(port, watcher)
        watcher.step("waiting for the pod's hello")
        greets = _greets(port)
    version = ".".join(map(str, info.version))
    if settings().json:
        output.emit({"port": port, "machine": info.machine, "micropython": version, "architecture": info.architecture,
                     "greets": greets})  # fmt: skip
    else:
        output.line(f"installed on {info.machine}, MicroPython {version}; see it with: retropod --port {port} info")
    if not greets:
        output.note("the app has not answered yet: press the board's reset button, and look at its wiring")


def _greets(port: str) -> bool:
    """Whether the app answers once the board has started anew."""
    from retropod.install.greet import hello

    try:
        hello(port, _HELLO_S, settings().baud)
    except RetropodError:
        return False  # the files are there, whole and compared: what keeps it from answering is another matter
    return True
