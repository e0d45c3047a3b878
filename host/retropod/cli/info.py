"""`retropod info`."""

from typing import Any

from retropod.build import unminify_fault
from retropod.cli import output, timefmt
from retropod.cli.commands import command
from retropod.cli.listing import identity, left_s, version
from retropod.cli.options import options
from retropod.client.discover import is_virtual
from retropod.client.messages import FaultMessage, HelloMessage, StatusMessage
from retropod.client.pod import Pod, describe
from retropod.errors import RetropodError
from retropod.transport.ports import PortInfo
from retropod.wording import count

_STARTED_BY = {
    "strides": ", started automatically by strides",
    "button": ", started by its button",
    "reset": ", a continuation of the run that was open at a reset",
}
_STATES = {
    "armed": " (starts a recording when it detects strides and no host is connected)",
    "full": " (no space for another run: download and erase runs)",
    "low battery": " (records nothing until it is charged)",
    "sensor missing": " (run `retropod doctor`)",
}


@command("info")
def info() -> None:
    """Show pod identity, state, battery, storage, clock, link and counters of lost data.

    The storage is given in kB and in minutes of running.
    """
    with options().connect() as pod:
        status = pod.status()
        faults = _faults(pod) if status.faults else []
        lengths = [] if options().json else _lengths(pod)
        url = pod.connection.transport.url
        port = PortInfo(url, "", "", is_virtual(url))
    if options().json:
        output.print_json(as_json(port, pod.greeting, status, faults))
    else:
        output.print_pairs([_port(port), *_identity(pod.greeting), *_state(status), *lengths, *_link(status)])
        for fault in faults:
            text = unminify_fault.unminify(str(fault.text), version(pod.greeting))
            output.print_line(f"fault  boot {fault.boot}, {_number(fault.uptime_s)} s: {fault.code} {text}".rstrip())
    if pod.connection.core_only is not None:
        output.print_note(f"note: {pod.connection.core_only.message}; {pod.connection.core_only.hint}")


def _port(port: PortInfo) -> tuple[str, str]:
    return "port", port.device + (" (virtual pod)" if port.virtual else "")


def as_json(port: PortInfo, hello: HelloMessage, status: StatusMessage, faults: list[FaultMessage]) -> dict[str, Any]:
    """Return the object for `--json`: SI units, None for unknown values."""
    return {
        "port": port.device,
        "virtual": port.virtual,
        "pod": identity(hello)
        | {
            "major": hello.major,
            "minor": hello.minor,
            "capabilities": list(hello.capabilities),
            "uptime_s": _seconds(hello, "uptime"),
            "boot_count": hello.boot_count,
        },
        "status": _status_json(status),
        "faults": [
            {"boot": fault.boot, "uptime_s": fault.uptime_s, "code": fault.code, "text": fault.text} for fault in faults
        ],
    }


def _status_json(status: StatusMessage) -> dict[str, Any]:
    recording = status.run != 0
    return {
        "state": status.state,
        "mount": status.mount,
        "clock_state": status.clock_state,
        "uptime_s": _seconds(status, "uptime"),
        "epoch_s": _seconds(status, "epoch"),
        "battery_v": status.battery_mv,
        "battery_percent": status.battery_percent,
        "storage_free_bytes": _bytes(status.storage_free_kb),
        "storage_total_bytes": _bytes(status.storage_total_kb),
        "storage_left_s": left_s(status),
        "run": status.run if recording else None,
        "started_by": status.started_by if recording else None,
        "runs": status.runs,
        "durable_sequence": status.durable_sequence,
        "strides": status.strides,
        "samples": status.samples,
        "samples_lost": status.samples_lost,
        "fifo_overruns": status.fifo_overruns,
        "sensor_errors": status.sensor_errors,
        "rate_hz": status.rate_mhz,
        "frames_dropped": status.frames_dropped,
        "frames_damaged": status.frames_damaged,
        "values_clamped": status.values_clamped,
        "faults": status.faults,
        "heap_free_bytes": _bytes(status.heap_free_kb),
        "temperature_degc": status.temperature_cc,
    }


def _seconds(message: HelloMessage | StatusMessage, stem: str) -> float | None:
    """Return a time to the millisecond."""
    seconds = message.seconds(stem)
    return None if seconds is None else round(seconds, 3)


def _bytes(kilobytes: int | None) -> int | None:
    return None if kilobytes is None else kilobytes * 1024


def _faults(pod: Pod) -> list[FaultMessage]:
    """Return the stored faults. Return none if a pod of another version lacks the request: its state is still shown."""
    try:
        return pod.faults()
    except RetropodError as error:
        output.print_detail(f"faults: {error.message}")
        return []


def _lengths(pod: Pod) -> list[tuple[str, str]]:
    """Return the length factor with its date and distance, unless it is 1."""
    try:
        factor = pod.setting("length_factor", int)
        note = pod.setting("length_note", str) if factor != 1000 else ""
    except RetropodError as error:
        output.print_detail(f"length factor: {error}")
        return []
    return [("length factor", f"{factor / 1000:.3f}{f', measured {note}' if note else ''}")] if factor != 1000 else []


def _identity(hello: HelloMessage) -> list[tuple[str, str]]:
    uptime = hello.seconds("uptime")
    return [
        ("pod", describe(hello)),
        ("foot", _known(hello.side)),
        ("firmware", f"{version(hello)}, protocol {hello.major}.{hello.minor}"),
        ("sensor", _sensor(hello)),
        ("uptime", f"{'-' if uptime is None else timefmt.duration(uptime)}, boot {hello.boot_count}"),
    ]


def _sensor(hello: HelloMessage) -> str:
    if hello.chip == "none":
        return "-"
    return f"{hello.chip}{'' if 'gyroscope' in hello.capabilities else ', accelerometer only'}"


def _known(name: str | int) -> str:
    return "-" if name == "unknown" else str(name)


def _activity(status: StatusMessage) -> str:
    """Return the state of the pod. For a recording, add the run, its strides and its cause."""
    state = str(status.state).replace("_", " ")
    if state != "recording":
        return state + _STATES.get(state, "")
    return f"recording run {status.run}, {count(status.strides, 'stride')} since the start{cause_of_run(status)}"


def cause_of_run(status: StatusMessage) -> str:
    """Return the cause of the open run, to append to a text. Empty if a host started it."""
    return _STARTED_BY.get(str(status.started_by), "")


def _state(status: StatusMessage) -> list[tuple[str, str]]:
    return [
        ("state", _activity(status)),
        ("mount", str(status.mount)),
        ("clock", f"{status.clock_state}{_clock(status)}"),
        ("battery", _battery(status)),
        ("storage", _storage(status)),
        ("temperature", "-" if status.temperature_cc is None else f"{status.temperature_cc:.1f} °C"),
    ]


def _link(status: StatusMessage) -> list[tuple[str, str]]:
    rate = "-" if status.rate_mhz is None else f"{status.rate_mhz:.2f} Hz measured"
    lost = f"{status.samples} taken, {status.samples_lost} lost, {count(status.fifo_overruns, 'FIFO overrun')}"
    frames = f"{count(status.frames_dropped, 'frame')} dropped, {status.frames_damaged} damaged"
    return [
        ("samples", lost),
        ("sample rate", rate),
        ("sensor errors", str(status.sensor_errors)),
        ("link", f"{frames}, {count(status.values_clamped, 'value')} clamped"),
        ("faults", str(status.faults)),
        ("heap", "-" if status.heap_free_kb is None else f"{status.heap_free_kb} kB free"),
    ]


def _clock(status: StatusMessage) -> str:
    epoch = status.seconds("epoch")
    return "" if not epoch or status.clock_state == "unset" else f", {timefmt.moment(epoch)}"


def _battery(status: StatusMessage) -> str:
    if status.battery_mv is None:
        return "-"
    percent = "" if status.battery_percent is None else f", {status.battery_percent} %"
    return f"{status.battery_mv:.2f} V{percent}"


def _storage(status: StatusMessage) -> str:
    left = "" if status.minutes_left is None else f", about {count(status.minutes_left, 'minute')} of running"
    free, total = _number(status.storage_free_kb), _number(status.storage_total_kb)
    return f"{free} of {total} kB free{left}, {count(status.runs, 'run')}"


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)
