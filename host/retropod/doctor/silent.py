"""Why no pod answers, and what mends it: found out without changing anything on the pod."""

import re
import time
from typing import NamedTuple

from retropod.board import inspect_files, probe
from retropod.board.inspect_files import PodFiles
from retropod.board.mpremote import ReplBoard
from retropod.client.messages import StatusMessage
from retropod.client.pod import Pod
from retropod.errors import NoPod, RetropodError
from retropod.transport.serial import BAUD, SerialTransport

_LISTEN_S = 4.0  # a board that starts over and over again has said so twice, a corrupt file system once
_LEAST_FREE = 64 << 10
_RESETS = re.compile(rb"rst:0x[0-9a-f]+ \((\w+)\)")
_SYNC = b"\xc0\x00\x08\x24\x00\x00\x00\x00\x00\x07\x07\x12\x20" + b"\x55" * 32 + b"\xc0"  # esptool's greeting
_SYNCED = b"\xc0\x01\x08"

# Where a pod can be mended from.
APP, PROMPT, CORRUPT, BOOT_LOADER, NOWHERE = "app", "prompt", "corrupt", "boot_loader", "nowhere"


class Diagnosis(NamedTuple):
    """What is wrong: a word or two, the cause in one line, what mends it in one line (empty when nothing is wrong)."""

    name: str
    cause: str
    fix: str


class Finding(NamedTuple):
    """A diagnosis, from where it can be mended (one of the names above), and what was seen there."""

    diagnosis: Diagnosis
    way: str
    status: StatusMessage | None = None
    inside: PodFiles | None = None


def diagnose(url: str) -> Diagnosis:
    """Name what is wrong with the pod at `url`. Takes up to 20 s; nothing on the pod is changed. Never raises a
    RetropodError: what stands in the way is the diagnosis."""
    try:
        return look(url).diagnosis
    except RetropodError as error:
        return Diagnosis("port", error.message, error.hint)


def look(url: str, baud: int = BAUD) -> Finding:
    """Find out what is behind `url`. Raises NoPod, PortBusy or OperationFailed when the port itself is the trouble."""
    try:
        with Pod(SerialTransport(url, baud)) as pod:
            return _running(url, pod.status(), _passed_over(pod))
    except NoPod as error:
        if "MicroPython prompt" in error.message:
            return _stopped(url)
        if "no answer" not in error.message and "sends something" not in error.message:
            raise
    return _silent(url, _heard(url, baud))


def _passed_over(pod: Pod) -> str:
    """What the pod says of settings that it could not start with."""
    try:
        faults = pod.faults()
    except RetropodError:
        return ""  # a pod of another version need not have that request
    told = [f.text for f in faults if "passes over" in f.text and f.boot == pod.greeting.boot_count]
    return str(told[-1]) if told else ""


def _running(url: str, status: StatusMessage, settings: str) -> Finding:
    repair = f"retropod --port {url} flash --repair"
    free_kb = status.storage_free_kb
    if settings:
        return Finding(Diagnosis("settings", f"the pod answers, but not with its settings: {settings}", repair),
                       APP, status)  # fmt: skip
    if status.state == "full" or (free_kb is not None and free_kb * 1024 < _LEAST_FREE):
        cause, fix = (
            f"the pod's storage is full: {free_kb} kB are free",
            f"retropod download, retropod erase; or {repair}",
        )
        return Finding(Diagnosis("storage full", cause, fix), APP, status)
    return Finding(Diagnosis("well", "the pod answers", ""), APP, status)


def _stopped(url: str) -> Finding:
    """MicroPython answers instead of the app."""
    board = ReplBoard(url)
    found = inspect_files.inspect(board)
    if not found.mounted:
        return _corrupt(url, found)
    repair = f"retropod --port {url} flash --repair"
    name, cause = _cause(board, found)
    fix = f"retropod --port {url} flash --keep-micropython" if name == "no app" else repair
    if name == "app stopped":
        fix = f"press the pod's reset button; if it stays so: {repair}"
    return Finding(Diagnosis(name, cause, fix), PROMPT, None, found)


def _cause(board: ReplBoard, found: PodFiles) -> tuple[str, str]:
    if found.unreadable:
        listed = ", ".join(found.unreadable[:3])
        return "files unreadable", f"the file system is damaged: {listed} cannot be read"
    current = found.current
    if not current:
        if found.words or found.main or found.begun:
            return "interrupted", "an installation was cut off: there is no whole app on the pod"
        return "no app", "the board runs MicroPython, without a pod's app"
    if not found.main:
        return "interrupted", "an installation was cut off: main.py, which starts the app, is missing"
    bad = _bad(board, found)
    if current in bad and len(bad) == len(found.slots) > 1:
        return "both slots bad", "; ".join(f"{slot}: {why}" for slot, why in bad.items())
    if current in bad:
        return "app crashes", f"the app does not start: {bad[current]}"
    if found.damaged_settings:
        return "settings", "the settings file is damaged"
    if found.last_crash:
        return "app crashes", f"the app crashed three times in a row: {found.last_crash}"
    if found.free < _LEAST_FREE:
        return "storage full", f"the app is not running, and the storage is full: {found.free // 1024} kB are free"
    return "app stopped", "the app is whole, but somebody stopped it: MicroPython's prompt is there"


def _bad(board: ReplBoard, found: PodFiles) -> dict[str, str]:
    """Slots whose app is damaged or cannot be loaded, and why."""
    why: dict[str, str] = {}
    for slot in sorted({*found.slots, found.current}):
        damaged = found.slots.get(slot, [])
        reason = f"{damaged[0]} is damaged" if damaged else inspect_files.why_not(board, slot)
        if reason:
            why[slot] = reason
    return why


def _corrupt(url: str, found: PodFiles | None) -> Finding:
    return Finding(
        Diagnosis(
            "file system corrupt", "MicroPython runs, but the pod's file system does not mount",
            f"retropod --port {url} flash --repair: saves what can be read, then formats it",
        ),
        CORRUPT, None, found,
    )  # fmt: skip


def _heard(url: str, baud: int) -> bytes:
    """What the board says by itself, and to a boot loader's greeting."""
    transport = SerialTransport(url, baud)
    seen = bytearray()
    try:
        transport.start(seen.extend, lambda error: None)
        end = time.monotonic() + _LISTEN_S
        while time.monotonic() < end and probe.CORRUPT_TEXT not in seen and len(_RESETS.findall(seen)) < 2:
            time.sleep(0.05)
        if not seen:
            transport.write(_SYNC)
            time.sleep(0.5)
    finally:
        transport.close()
    return bytes(seen)


def _silent(url: str, heard: bytes) -> Finding:
    repair = f"retropod --port {url} flash --repair"
    if probe.CORRUPT_TEXT in heard:
        return _corrupt(url, None)
    if _SYNCED in heard or b"waiting for download" in heard:
        cause = "the chip waits in its boot loader: nothing that is flashed runs"
        return Finding(Diagnosis("boot loader", cause, f"press the reset button alone; if it stays so: {repair}"),
                       BOOT_LOADER)  # fmt: skip
    if b"invalid header" in heard:
        cause = "the chip starts over and over: its flash holds no program, as after an interrupted flash"
        return Finding(Diagnosis("no program", cause, repair), BOOT_LOADER)
    resets = _RESETS.findall(heard)
    if len(resets) > 1:
        cause = f"the pod starts over and over again ({resets[-1].decode()})"
        return Finding(Diagnosis("boot loop", cause, repair), BOOT_LOADER)
    press = f"press the pod's reset button up to three times; then hold BOOT, press reset, let go, and: {repair}"
    if resets:
        return Finding(Diagnosis("app hangs", "the board starts, but its app does not answer", press), NOWHERE)
    if heard:
        cause, fix = "something answers, but no pod and no MicroPython", "is it the pod's port? `retropod list` asks"
        return Finding(Diagnosis("no pod", cause, fix), NOWHERE)
    cause = "nothing answers: the pod is off, its app hangs, or this is another port"
    return Finding(Diagnosis("silent", cause, press), NOWHERE)
