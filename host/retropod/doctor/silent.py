"""Diagnosis of a port on which no pod answers. It changes nothing on the pod."""

import re
import time
from typing import Any, NamedTuple

from retropod.board import inspect_files, probe
from retropod.board.boardport import BoardPort
from retropod.board.inspect_files import PodFiles
from retropod.board.mpremote import ReplBoard
from retropod.client.messages import FaultMessage, StatusMessage
from retropod.client.pod import Pod
from retropod.client.refusals import AtPrompt, NoAnswer
from retropod.doctor.condition import Condition
from retropod.doctor.items import REASONS_SINCE
from retropod.errors import RetropodError
from retrowire import bus, settingrows

_LISTEN_S = 4.0  # long enough for two messages of a boot loop, or one of a corrupt file system
_LEAST_FREE = 64 << 10
_RESETS = re.compile(rb"rst:0x[0-9a-f]+ \((\w+)\)")
_SYNC = b"\xc0\x00\x08\x24\x00\x00\x00\x00\x00\x07\x07\x12\x20" + b"\x55" * 32 + b"\xc0"  # the SYNC command of esptool
_SYNCED = b"\xc0\x01\x08"

# State of the board, which determines the way to repair it.
APP, PROMPT, CORRUPT, BOOT_LOADER, NOWHERE = "app", "prompt", "corrupt", "boot_loader", "nowhere"


class Diagnosis(NamedTuple):
    """Condition of the pod, its cause and its fix in one line each. `fix` is empty for no fault."""

    name: Condition
    cause: str
    fix: str


class Finding(NamedTuple):
    """A diagnosis, the state of the board (one of the names above), and the status or files found there."""

    diagnosis: Diagnosis
    way: str
    status: StatusMessage | None = None
    inside: PodFiles | None = None


def diagnose(url: str) -> Diagnosis:
    """Diagnose the pod at `url`, in up to 20 s. An error of the port is a diagnosis too: raises no RetropodError."""
    try:
        with BoardPort(url) as port:
            return look(port).diagnosis
    except RetropodError as error:
        return Diagnosis(Condition.PORT, error.message, error.hint)


def look(port: BoardPort) -> Finding:
    """Find the cause at `port`. Raises NoPod, PortBusy or OperationFailed if the port does not work."""
    try:
        with port.pod() as pod:
            status = pod.status()
            no_rate = _no_rate(pod) if status.state == "sensor_missing" else ""
            return _running(port.url, status, _boot_fault(pod), no_rate)
    except AtPrompt:
        return _stopped(port)
    except NoAnswer:
        return _silent(port.url, _received(port))


def _boot_fault(pod: Pod) -> FaultMessage | None:
    """Return the fault of the current boot that reports ignored settings or a failed start, if there is one.

    A pod before minor 2 reports ignored settings and an update that was undone alike, as `start_failed`. So the cause
    is unknown, and this is the last thing that the diagnosis considers.
    """
    try:
        faults = pod.faults()
    except RetropodError:
        return None  # a pod of another version may not know this request
    codes = ("settings_ignored",) if pod.connection.minor >= REASONS_SINCE else ("start_failed",)
    found = [fault for fault in faults if fault.code in codes and fault.boot == pod.greeting.boot_count]
    return found[-1] if found else None


def _no_rate(pod: Pod) -> str:
    """Return why the bus carries no sample rate. Empty if it carries one.

    A settings file of an earlier version can hold such a clock. The pod answers then, but it has no sensor.
    """
    try:
        stored = pod.settings()
        found: dict[str, Any] = {name: settingrows.check(name, stored[name]) for name in ("chip", "i2c_hz", "rate_hz")}
    except (RetropodError, KeyError, ValueError):
        return ""  # a pod of another version may not know this request or these settings
    rate_hz, reason = bus.carried(bus.driver(found["chip"]), found["i2c_hz"], found["rate_hz"])
    return "" if rate_hz else reason


def _running(url: str, status: StatusMessage, fault: FaultMessage | None, no_rate: str = "") -> Finding:
    repair = f"retropod --port {url} flash --repair"
    if no_rate:
        cause = f"the pod answers, but it has no sensor: {no_rate}"
        return Finding(Diagnosis(Condition.SETTINGS, cause, repair), APP, status)
    free_kb = status.storage_free_kb
    cause = f"the pod answers, but its start failed: {fault.text}" if fault is not None else ""
    if fault is not None and fault.code == "settings_ignored":
        return Finding(Diagnosis(Condition.SETTINGS, cause, repair), APP, status)
    if status.state == "full" or (free_kb is not None and free_kb * 1024 < _LEAST_FREE):
        cause, fix = (
            "the pod's storage is full" + ("" if free_kb is None else f": {free_kb} kB free"),
            f"retropod download, then retropod erase; or {repair}",
        )
        return Finding(Diagnosis(Condition.STORAGE_FULL, cause, fix), APP, status)
    if fault is not None:
        fix = "run `retropod update`, whose app reports the reason, then `retropod doctor`"
        return Finding(Diagnosis(Condition.START_FAILED, cause, fix), APP, status)
    return Finding(Diagnosis(Condition.WELL, "the pod answers", ""), APP, status)


def _stopped(port: BoardPort) -> Finding:
    """MicroPython answers instead of the app."""
    url, board = port.url, ReplBoard(port)
    found = inspect_files.inspect(board)
    if not found.mounted:
        return _corrupt(url, found)
    repair = f"retropod --port {url} flash --repair"
    name, cause = _cause(board, found)
    fix = f"retropod --port {url} flash --keep-micropython" if name is Condition.NO_APP else repair
    if name is Condition.APP_STOPPED:
        fix = f"press the pod's reset button; if that does not help: {repair}"
    return Finding(Diagnosis(name, cause, fix), PROMPT, None, found)


def _cause(board: ReplBoard, found: PodFiles) -> tuple[Condition, str]:
    if found.unreadable:
        listed = ", ".join(found.unreadable[:3])
        return Condition.FILES_UNREADABLE, f"the file system is damaged: {listed} cannot be read"
    current = found.current
    if not current:
        if found.words or found.main or found.partial:
            return Condition.INTERRUPTED, "an installation was interrupted: the pod has no complete app"
        return Condition.NO_APP, "the board runs MicroPython, without a pod's app"
    if not found.main:
        return Condition.INTERRUPTED, "an installation was interrupted: main.py, which starts the app, is missing"
    bad = _bad(board, found)
    if current in bad and len(bad) == len(found.slots) > 1:
        return Condition.BOTH_SLOTS_BAD, "; ".join(f"{slot}: {why}" for slot, why in bad.items())
    if current in bad:
        return Condition.APP_CRASHES, f"the app does not start: {bad[current]}"
    if found.damaged_settings:
        return Condition.SETTINGS, "the settings file is damaged"
    if found.last_crash:
        return Condition.APP_CRASHES, f"the app crashed three times in a row: {found.last_crash}"
    if found.free < _LEAST_FREE:
        return Condition.STORAGE_FULL, f"the app is not running, and the storage is full: {found.free // 1024} kB free"
    return Condition.APP_STOPPED, "the app is complete but was stopped: MicroPython's prompt answers"


def _bad(board: ReplBoard, found: PodFiles) -> dict[str, str]:
    """Return the cause for each slot whose app is damaged or cannot be loaded."""
    why: dict[str, str] = {}
    for slot in sorted({*found.slots, found.current}):
        damaged = found.slots.get(slot, [])
        reason = f"{damaged[0]} is damaged" if damaged else inspect_files.load_error(board, slot)
        if reason:
            why[slot] = reason
    return why


def _corrupt(url: str, found: PodFiles | None) -> Finding:
    return Finding(
        Diagnosis(
            Condition.FILE_SYSTEM_CORRUPT, "MicroPython runs, but the pod's file system does not mount",
            f"retropod --port {url} flash --repair saves the readable data, then formats the file system",
        ),
        CORRUPT, None, found,
    )  # fmt: skip


def _received(port: BoardPort) -> bytes:
    """Return the bytes that the board sends unasked, or in answer to the SYNC command of the boot loader."""
    transport = port.transport()
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


def _silent(url: str, received: bytes) -> Finding:
    repair = f"retropod --port {url} flash --repair"
    if probe.CORRUPT_TEXT in received:
        return _corrupt(url, None)
    if _SYNCED in received or b"waiting for download" in received:
        cause = "the processor waits in its boot loader and runs no program"
        fix = f"press the reset button alone; if that does not help: {repair}"
        return Finding(Diagnosis(Condition.BOOT_LOADER, cause, fix), BOOT_LOADER)
    if b"invalid header" in received:
        cause = "boot loop: the flash contains no program, as after an interrupted flash"
        return Finding(Diagnosis(Condition.NO_PROGRAM, cause, repair), BOOT_LOADER)
    resets = _RESETS.findall(received)
    if len(resets) > 1:
        cause = f"boot loop: the pod restarts repeatedly ({resets[-1].decode()})"
        return Finding(Diagnosis(Condition.BOOT_LOOP, cause, repair), BOOT_LOADER)
    press = f"press the pod's reset button up to three times; then hold BOOT, press reset, release BOOT, and: {repair}"
    if resets:
        return Finding(Diagnosis(Condition.APP_HANGS, "the board starts, but its app does not answer", press), NOWHERE)
    if received:
        cause = "another device answers, not a pod or MicroPython"
        fix = "check the port: `retropod list` asks every likely one"
        return Finding(Diagnosis(Condition.NO_POD, cause, fix), NOWHERE)
    cause = "no answer: the pod is off, its app hangs, or this is another port"
    return Finding(Diagnosis(Condition.SILENT, cause, press), NOWHERE)
