"""`retropod sim`."""

import contextlib
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from retropod.cli import output
from retropod.cli.frame import command, settings
from retropod.cli.replay import ALONE, USUAL, chip_for
from retropod.errors import OperationFailed, UsageError
from retropod.virtual.board import CHIPS

if TYPE_CHECKING:
    from retropod.virtual.board import VirtualBoard
    from retropod.virtual.source import Source

_BATTERY_PIN = 34  # behind two equal resistors
_WAKE_PIN = 27  # of an ESP32 DevKit, as the pod knows it
_START_S = 60.0  # for the app's start where it costs time
_MODEL_HZ = 833.0  # finer than most chips sample; the virtual chip filters and resamples for itself


@command("sim")
@click.option(
    "--from",
    "origin",
    default="demo",
    show_default=True,
    metavar="FILE|SCENARIO",
    help="A recording (NAME.npz), or a scenario of the gait model.",
)
@click.option(
    "--chip",
    type=click.Choice(list(CHIPS)),
    metavar="NAME",
    help=f"The sensor it carries: {', '.join(CHIPS)}. Without: {USUAL}, or {ALONE} for no gyroscope.",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0.0, min_open=True),
    default=1.0,
    show_default=True,
    help="Factor to real time.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the gait model.")
@click.option(
    "--mount",
    type=click.Choice(["given", "none", "learn"]),
    default="given",
    show_default=True,
    help="What the pod knows of how it sits on the shoe.",
)
@click.option(
    "--battery",
    type=click.FloatRange(0.0, 5.0),
    metavar="VOLTS",
    help="A battery of so many volts, and a wire to wake it: then it sleeps between sessions.",
)
@click.option("--socket", is_flag=True, help="A TCP port instead of a pseudo-terminal.")
@click.option("--uart", is_flag=True, help="A line no faster than --baud, with an ESP32's small buffer.")
@click.option(
    "--cost",
    type=click.Choice(["esp32"]),
    help="Charge the time that this processor takes. Implies --installed and --uart.",
)
@click.option("--installed", is_flag=True, help="Run the app from a slot of the pod's flash, as `install` leaves it.")
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep the pod's flash in DIR, so that its runs outlive it.",
)
def sim(origin: str, chip: str | None, speed: float, seed: int, mount: str, battery: float | None, socket: bool,
        uart: bool, cost: str | None, installed: bool, state: Path | None) -> None:  # fmt: skip
    """A virtual pod on a pseudo-terminal, until Ctrl-C: the real firmware with a simulated sensor.

    Its port is printed: `retropod live --port PORT` in another terminal watches it, and mpremote connects too. When the
    source is over it stands still.

    With --cost esp32 the pod takes the time of that chip for files, imports, code, bus and line, and refuses machine
    code that is loaded late. Files are within 20 % of the chip, code within a factor of 2, byte loops in
    machine code of 4.
    """
    from retropod.client.pod import Pod
    from retropod.replay.replay import Setup, last_words, prepare
    from retropod.transport.serial import SerialTransport
    from retropod.virtual.pod import VirtualPod

    source = source_of(origin, seed)
    with _folder(state) as folder:
        link, baud = "socket" if socket else "pty", settings().baud if uart or cost else None
        board = _board(chip_for(chip, source.has_gyro), battery)
        virtual = VirtualPod(
            folder, source, speed=speed, hold="still", board=board, link=link, baud=baud, cost=cost,
            installed=installed or None,
        )  # fmt: skip
        with virtual:
            if cost and not virtual.wait_ready(_START_S / speed):
                raise OperationFailed("the virtual pod did not start", f"its log ends: {last_words(virtual)}")
            with Pod(SerialTransport(virtual.url, settings().baud)) as pod:
                # with costs the app runs as on its processor and knows the line
                line_rate = None if cost else baud or 0
                prepare(pod, Setup(mount=mount, line_rate=line_rate, battery_pin=_BATTERY_PIN if battery else -1))
            _announce(virtual.url, origin, source.duration_s / speed)
            virtual.go()
            while True:
                time.sleep(0.5)


def _board(chip: str, battery_v: float | None) -> "VirtualBoard":
    """A board with nothing but its sensor, or one that is ready to be worn."""
    from retropod.virtual.board import VirtualBoard

    if not battery_v:
        return VirtualBoard(chip=chip)
    return VirtualBoard(chip=chip, adc_volts={str(_BATTERY_PIN): battery_v / 2}, int_pin=_WAKE_PIN)


def source_of(origin: str, seed: int) -> "Source":
    """A recording by its file, or a scenario of the gait model by its name."""
    from retropod.replay.replay import source_of as recording_source
    from retropod.virtual.gaitmodel import names, scenario
    from retropod.virtual.source import Source

    if Path(origin).is_file():
        return recording_source(Path(origin))
    if origin in names():
        return Source.from_movement(scenario(origin, _MODEL_HZ, seed))
    raise UsageError(f"neither a recording nor a scenario: {origin}", f"scenarios: {', '.join(names())}")


@contextlib.contextmanager
def _folder(state: Path | None) -> Generator[Path]:
    if state is not None:
        yield state
        return
    with tempfile.TemporaryDirectory(prefix="retropod-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _announce(url: str, origin: str, lasts_s: float) -> None:
    if settings().json:
        output.emit({"port": url, "source": origin, "lasts_s": round(lasts_s, 1)})
        return
    print(url, flush=True)
    output.note(f"a virtual pod: {origin} for {lasts_s:.0f} s, then it stands still. Watch it from another terminal:\n"
                f"  retropod live --port {url}\nCtrl-C ends it.")  # fmt: skip
