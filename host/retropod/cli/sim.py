"""`retropod sim`."""

import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import click

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.finite import FiniteRange
from retropod.cli.listing import identity
from retropod.cli.options import options
from retropod.cli.readings import print_doubts
from retropod.cli.replay import ALONE, USUAL, chip_for
from retropod.errors import OperationFailed, UsageError
from retropod.virtual.board import CHIPS

if TYPE_CHECKING:
    from retropod.client.messages import HelloMessage
    from retropod.client.pod import Pod
    from retropod.virtual.board import VirtualBoard
    from retropod.virtual.pod import VirtualPod
    from retropod.virtual.source import Source

_BATTERY_PIN = 34  # through a divider of two equal resistors
_WAKE_PIN = 27  # default of the board `devkit`
_WEARER = "virtual"  # of a pair: the two feet of a run are compared only if they have one wearer
_START_S = 60.0  # limit for the start of the app with --cost
_TICK_S = 0.5
_MODEL_HZ = 833.0  # above the rate of most chips; the virtual chip filters and resamples


@command("sim")
@click.option(
    "--from",
    "origin",
    default="demo",
    show_default=True,
    metavar="FILE|SCENARIO",
    help="Take the movement from a recording (NAME.npz) or a scenario of the gait model.",
)
@click.option(
    "--chip",
    type=click.Choice(list(CHIPS)),
    metavar="NAME",
    help=f"Select the sensor: {', '.join(CHIPS)}. Default: {USUAL}, or {ALONE} without a gyroscope.",
)
@click.option(
    "--speed",
    type=FiniteRange(min=0.0, min_open=True),
    default=1.0,
    show_default=True,
    help="Set the speed as a factor of real time.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Set the random seed of the gait model."
)
@click.option(
    "--mount",
    type=click.Choice(["given", "none", "learn"]),
    default="given",
    show_default=True,
    help="Select how the pod gets its mount; `learn` requires the mount check.",
)
@click.option(
    "--battery",
    type=FiniteRange(0.0, 5.0),
    metavar="VOLTS",
    help="Add a battery of this voltage and a wake wire, so that the pod sleeps between sessions.",
)
@click.option("--loop/--once", default=True, show_default=True, help="Repeat the movement, or stand still at its end.")
@click.option(
    "--wait/--now",
    default=None,
    help="Start the movement at the first stream, recording or mount check (the default without --battery), or now.",
)
@click.option("--id", "number", metavar="HEX", help="Set the device id. Default: random, or the id stored in --state.")
@click.option(
    "--name", metavar="TEXT", help="Set the name of the pod. Default: virtual, or the name stored in --state."
)
@click.option("--side", type=click.Choice(["left", "right"]), help="Set the foot that wears the pod.")
@click.option("--pair", is_flag=True, help="Run two pods, on the left and the right foot of one person, in step.")
@click.option(
    "--contact-offset",
    "offset_ms",
    type=FiniteRange(-100.0, 100.0),
    metavar="MS",
    help="Set the contact time of the right foot minus that of the left, in ms (with --pair).",
)
@click.option("--socket", is_flag=True, help="Use a TCP port instead of a pseudo-terminal.")
@click.option("--uart", is_flag=True, help="Limit the line to --baud and to the buffer of an ESP32.")
@click.option(
    "--cost",
    type=click.Choice(["esp32"]),
    help="Simulate the execution time of this processor. Implies --installed and --uart.",
)
@click.option("--installed", is_flag=True, help="Run the app from a slot in the flash, as after `retropod install`.")
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Store the flash of the pod in DIR, so that its runs persist.",
)
def sim(origin: str, chip: str | None, speed: float, seed: int, mount: str, battery: float | None, loop: bool,
        wait: bool | None, number: str | None, name: str | None, side: str | None, pair: bool, offset_ms: float | None,
        socket: bool, uart: bool, cost: str | None, installed: bool, state: Path | None) -> None:  # fmt: skip
    """Run a virtual pod on a pseudo-terminal until Ctrl-C. It is the real firmware with a simulated sensor.

    The other commands, in another terminal, find the pod: `retropod list`, `retropod live`. If several pods run, name
    one of them with --port, or take all with --pods. mpremote can connect to the port too. The simulated foot stands
    still until the first `live`, `record start` or `mount`. From then on it repeats the movement. Run `retropod mount`
    before the other two: a mount check fits the beginning of the demo.

    With --pair, `live --port` of one pod starts both at the same moment.

    With --cost esp32, files, imports, code, bus and line take as long as on an ESP32, and the pod refuses machine code
    that is loaded late. The simulated times of files are within 20 % of the chip, of code within a factor of 2, and of
    byte loops in machine code within a factor of 4.
    """
    from retropod.transport.registry import register

    _check_pair(pair, offset_ms, number, side)
    waits = not battery if wait is None else wait  # a pod with a battery would fall asleep first
    baud = options().baud if uart or cost else None
    given = _Given(chip, speed, mount, battery, loop, "socket" if socket else "pty", baud, cost, installed)
    _end_with_terminal()
    with contextlib.ExitStack() as running:
        folder = running.enter_context(_folder(state))
        shoes = [
            _Shoe(folder / foot, source_of(origin, seed, second_s), f"{name or 'virtual'} {foot}", foot, wearer=_WEARER)
            for foot, second_s in (("left", None), ("right", (offset_ms or 0.0) / 1000))
        ] if pair else [_Shoe(folder, source_of(origin, seed), name, side, number)]  # fmt: skip
        pods = [_started(running, shoe, given) for shoe in shoes]
        movement = _Movement(origin, shoes[0].source.duration_s / speed, loop, waits)
        found = [running.enter_context(register(virtual.url, speed)) for virtual, _ in pods]
        for (virtual, greeting), registered in zip(pods, found, strict=True):
            _announce(greeting, virtual.url, registered, movement)
        if pair and all(found) and not options().json:
            output.print_note("for both pods run: retropod live --pods all")
        _run([virtual for virtual, _ in pods], waits)


class _Given(NamedTuple):
    """Options that all pods of the command share. `baud`: rate of the line, None without a limit."""

    chip: str | None
    speed: float
    mount: str
    battery: float | None
    loop: bool
    link: Literal["pty", "socket"]
    baud: int | None
    cost: str | None
    installed: bool


class _Shoe(NamedTuple):
    """Folder, movement, name, foot, device id and wearer of one pod. None: the stored or default value."""

    folder: Path
    source: "Source"
    name: str | None
    side: str | None
    number: str | None = None
    wearer: str | None = None


def _check_pair(pair: bool, offset_ms: float | None, number: str | None, side: str | None) -> None:
    """Raise UsageError for options that contradict --pair or need it."""
    if offset_ms is not None and not pair:
        raise UsageError("--contact-offset compares two feet", "add --pair")
    if pair and (number or side):
        raise UsageError("--pair sets ids and feet itself", "leave out --id and --side")


def _started(running: contextlib.ExitStack, shoe: _Shoe, given: _Given) -> "tuple[VirtualPod, HelloMessage]":
    """Start and set up a pod that `running` ends. Return it with its greeting."""
    from retropod.client.pod import Pod
    from retropod.replay.replay import Setup, last_words, prepare
    from retropod.transport.serial import SerialTransport
    from retropod.virtual.identity import device_id
    from retropod.virtual.pod import VirtualPod

    shoe.folder.mkdir(parents=True, exist_ok=True)
    new = not (shoe.folder / "flash.bin").exists()
    board = _board(chip_for(given.chip, shoe.source.has_gyro), given.battery, device_id(shoe.folder, shoe.number))
    virtual = running.enter_context(VirtualPod(
        shoe.folder, shoe.source, speed=given.speed, hold="still", board=board, link=given.link, baud=given.baud,
        cost=given.cost, installed=given.installed or None, loop=given.loop,
    ))  # fmt: skip
    if given.cost and not virtual.wait_ready(_START_S / given.speed):
        raise OperationFailed(f"the virtual pod did not start; its log ends: {last_words(virtual)}",
                              "report this with the command that you ran")  # fmt: skip
    with Pod(SerialTransport(virtual.url, options().baud)) as pod:
        _label(pod, shoe.name or ("virtual" if new else None), shoe.side, shoe.wearer if new else None)
        # with --cost the app detects the line rate, as on the real processor
        line_rate = None if given.cost else given.baud or 0
        battery_pin = _BATTERY_PIN if given.battery else -1
        prepare(pod, Setup(mount=given.mount, line_rate=line_rate, battery_pin=battery_pin))
        greeting = pod.hello()
        virtual.ignore_use()  # With --mount learn, `prepare` has requested a mount check.
    return virtual, greeting


def _run(pods: "Sequence[VirtualPod]", waits: bool) -> None:
    """Start the movement of all pods, at the first request that needs it if `waits`. Return only by an exception."""
    while waits and not any(virtual.wait_used(_TICK_S / len(pods)) for virtual in pods):
        pass
    for virtual in pods:
        virtual.go()
    while True:
        time.sleep(_TICK_S)


def _end_with_terminal() -> None:
    """End in order when the terminal is closed, unless nohup protects the process."""
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))


def _label(pod: "Pod", name: str | None, side: str | None, wearer: str | None) -> None:
    for setting, value in (("name", name), ("side", side), ("wearer", wearer)):
        if value is not None:
            pod.change(setting, value)


def _board(chip: str, battery_v: float | None, number: str) -> "VirtualBoard":
    """Return a board with only its sensor, or with a battery and a wake wire too."""
    from retropod.virtual.board import VirtualBoard

    if not battery_v:
        return VirtualBoard(chip=chip, unique_id=number)
    volts = {str(_BATTERY_PIN): battery_v / 2}
    return VirtualBoard(chip=chip, unique_id=number, adc_volts=volts, int_pin=_WAKE_PIN)


def source_of(origin: str, seed: int, second_offset_s: float | None = None) -> "Source":
    """Return the recording in the file `origin`, or the scenario of the gait model with that name.

    `second_offset_s`: of the second foot of a pair (see `scenario`), which a recording does not contain.
    """
    from retropod.recording import load
    from retropod.replay.replay import as_source
    from retropod.virtual.gaitmodel import names, scenario
    from retropod.virtual.source import Source

    if Path(origin).is_file():
        if second_offset_s is not None:
            raise UsageError(f"{origin} is a recording of one foot", "leave out --pair, or name a scenario with --from")
        held = load(Path(origin), how=None)
        print_doubts(held.doubts)
        return as_source(held)
    if origin in names():
        return Source.from_movement(scenario(origin, _MODEL_HZ, seed, second_offset_s=second_offset_s))
    raise UsageError(f"{origin} is neither a recording nor a scenario", f"use one of {', '.join(names())}")


@contextlib.contextmanager
def _folder(state: Path | None) -> Generator[Path]:
    if state is not None:
        from retropod.virtual.exclusive import exclusive

        with exclusive(state):
            yield state
        return
    with tempfile.TemporaryDirectory(prefix="retropod-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


class _Movement(NamedTuple):
    """Origin of the movement, its duration in s, and when it starts and ends."""

    origin: str
    lasts_s: float
    loop: bool
    waits: bool

    def __str__(self) -> str:
        start = "from the first stream or recording on" if self.waits else "from now on"
        every = f"every {self.lasts_s:.0f} s" if self.loop else f"for {self.lasts_s:.0f} s"
        return f"{self.origin} {every}, {start}" + ("" if self.loop else "; then the foot stands still")


def _announce(hello: "HelloMessage", url: str, found: bool, movement: _Movement) -> None:
    from retropod.client.pod import describe
    from retropod.transport.registry import registered

    if options().json:
        pod = {"port": url, "found": found, "pod": identity(hello), "source": movement.origin}
        times = {"lasts_s": round(movement.lasts_s, 1), "loop": movement.loop, "wait": movement.waits}
        output.print_json(pod | times)
        return
    output.print_line(url)
    sys.stdout.flush()
    only = found and registered() == [url]
    output.print_note(f"virtual pod {describe(hello)}: {movement}")
    output.print_note("in another terminal run:")
    output.print_note(f"  retropod live{'' if only else f' --port {url}'}")
    output.print_note("press Ctrl-C to end")
