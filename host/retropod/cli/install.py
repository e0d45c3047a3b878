"""`retropod install`."""

from retropod.cli import output
from retropod.cli.frame import command, settings
from retropod.errors import UsageError


@command("install")
def install() -> None:
    """Put the app on a board that runs stock MicroPython, v1.26.1 or newer; what it has stored is kept."""
    from retropod.install.app import install as run

    port = settings().port
    if port == "auto":  # overwriting whatever answers first would be a bad surprise
        raise UsageError("which board?", "retropod --port /dev/ttyUSB0 install; `retropod list --all` shows every port")
    info = run(port, output.note)
    version = ".".join(map(str, info.version))
    if settings().json:
        output.emit({"port": port, "machine": info.machine, "micropython": version, "architecture": info.architecture})
    else:
        output.line(f"installed on {info.machine}, MicroPython {version}; see it with: retropod --port {port} info")
