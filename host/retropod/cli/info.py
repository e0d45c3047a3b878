"""`retropod info`."""

from typing import Any

from retropod.build import unminify_fault
from retropod.cli import output, timefmt
from retropod.cli.commands import command
from retropod.cli.listing import version
from retropod.cli.options import options
from retropod.client.messages import FaultMessage, HelloMessage, StatusMessage
from retropod.client.pod import Pod, describe
from retropod.errors import RetropodError

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
    if options().json:
        output.print_json(
            {"pod": pod.greeting.values, "status": status.values, "faults": [fault.values for fault in faults]}
        )
    else:
        output.print_pairs([*_identity(pod.greeting), *_state(status), *lengths, *_link(status)])
        for fault in faults:
            text = unminify_fault.unminify(str(fault.text), version(pod.greeting))
            output.print_line(f"fault  boot {fault.boot}, {fault.uptime_s} s: {fault.code} {text}".rstrip())
    if pod.connection.core_only is not None:
        output.print_note(f"note: {pod.connection.core_only.message}; {pod.connection.core_only.hint}")


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
    return [
        ("pod", describe(hello)),
        ("foot", str(hello.side)),
        ("firmware", f"{version(hello)}, protocol {hello.major}.{hello.minor}"),
        ("sensor", f"{hello.chip}{'' if 'gyroscope' in hello.capabilities else ', accelerometer only'}"),
        ("uptime", f"{timefmt.duration(hello.seconds('uptime'))}, boot {hello.boot_count}"),
    ]


def _activity(status: StatusMessage) -> str:
    """Return the state of the pod. For a recording, add the run, its strides and its cause."""
    state = str(status.state).replace("_", " ")
    if state != "recording":
        return state + _STATES.get(state, "")
    return f"recording run {status.run}, {status.strides} strides since the start{cause_of_run(status)}"


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
        ("temperature", "unknown" if status.temperature_cc is None else f"{status.temperature_cc:.1f} °C"),
    ]


def _link(status: StatusMessage) -> list[tuple[str, str]]:
    rate = "rate unknown" if status.rate_mhz is None else f"{status.rate_mhz:.2f} Hz measured"
    lost = f"{status.samples} taken, {status.samples_lost} lost, {status.fifo_overruns} FIFO overruns"
    frames = f"{status.frames_dropped} frames dropped, {status.frames_damaged} damaged"
    return [
        ("samples", f"{lost}, {rate}"),
        ("sensor errors", str(status.sensor_errors)),
        ("link", f"{frames}, {status.values_clamped} values clamped"),
        ("faults", str(status.faults)),
        ("heap", "unknown" if status.heap_free_kb is None else f"{status.heap_free_kb} kB free"),
    ]


def _clock(status: StatusMessage) -> str:
    epoch = status.seconds("epoch")
    return "" if not epoch or status.clock_state == "unset" else f", {timefmt.moment(epoch)}"


def _battery(status: StatusMessage) -> str:
    if status.battery_mv is None:
        return "not measured"
    percent = "" if status.battery_percent is None else f", {status.battery_percent} %"
    return f"{status.battery_mv:.2f} V{percent}"


def _storage(status: StatusMessage) -> str:
    left = "" if status.minutes_left is None else f", about {status.minutes_left} minutes of running"
    free, total = _number(status.storage_free_kb), _number(status.storage_total_kb)
    return f"{free} of {total} kB free{left}, {status.runs} run{'s' if status.runs != 1 else ''}"


def _number(value: Any) -> str:
    return "?" if value is None else str(value)
