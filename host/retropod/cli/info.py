"""`retropod info`."""

from datetime import UTC, datetime
from typing import Any

from retropod.build import unminify_fault
from retropod.cli import output
from retropod.cli.frame import command, settings
from retropod.cli.listing import firmware
from retropod.client.messages import FaultMessage, HelloMessage, StatusMessage
from retropod.client.pod import Pod, describe
from retropod.errors import RetropodError

_BEGUN = {
    "strides": ", begun by itself when strides came",
    "button": ", begun by its button",
    "reset": ", goes on with the one that was open at a reset",
}
_MEANT = {
    "armed": " (records by itself when strides come and no host is there)",
    "full": " (no room for another run: download and erase)",
    "low battery": " (records nothing until it is charged)",
    "sensor missing": " (`retropod doctor` says what to check)",
}


@command("info")
def info() -> None:
    """Who the pod is, its state, battery, storage left in minutes, clock, and what it has counted as lost."""
    with settings().connect() as pod:
        status = pod.status()
        faults = _faults(pod) if status.faults else []
        lengths = [] if settings().json else _lengths(pod)
    if settings().json:
        output.emit({"pod": pod.greeting.values, "status": status.values, "faults": [fault.values for fault in faults]})
    else:
        output.pairs([*_who(pod.greeting), *_state(status), *lengths, *_link(status)])
        for fault in faults:
            text = unminify_fault.unminify(str(fault.text), firmware(pod.greeting))
            output.line(f"fault  boot {fault.boot}, {fault.uptime_s} s: {fault.code} {text}".rstrip())
    if pod.connection.core_only is not None:
        output.note(f"note: {pod.connection.core_only.message}; {pod.connection.core_only.hint}")


def _faults(pod: Pod) -> list[FaultMessage]:
    """A pod of another version may have no such request: its state is worth showing all the same."""
    try:
        return pod.faults()
    except RetropodError as error:
        output.detail(f"faults: {error.message}")
        return []


def _lengths(pod: Pod) -> list[tuple[str, str]]:
    """The length factor with its date and distance, where there is one."""
    try:
        factor = int(pod.settings("length_factor")["length_factor"])
        note = str(pod.settings("length_note")["length_note"]) if factor != 1000 else ""
    except (RetropodError, KeyError) as error:
        output.detail(f"length factor: {error}")
        return []
    return [("lengths", f"times {factor / 1000:.3f}{f', found {note}' if note else ''}")] if factor != 1000 else []


def _who(hello: HelloMessage) -> list[tuple[str, str]]:
    return [
        ("pod", describe(hello)),
        ("foot", str(hello.side)),
        ("firmware", f"{firmware(hello)}, protocol {hello.major}.{hello.minor}"),
        ("sensor", f"{hello.chip}{'' if 'gyroscope' in hello.capabilities else ', accelerometer only'}"),
        ("up", f"{span(hello.seconds('uptime'))}, started {hello.boot_count} times"),
    ]


def doing(status: StatusMessage) -> str:
    """What the pod does, and who had it record."""
    state = str(status.state).replace("_", " ")
    if state != "recording":
        return state + _MEANT.get(state, "")
    return f"recording run {status.run}, {status.strides} strides since the start{begun(status)}"


def begun(status: StatusMessage) -> str:
    """Who began the open run, to be put behind it; nothing when it was a host, as usual."""
    return _BEGUN.get(str(status.started_by), "")


def _state(status: StatusMessage) -> list[tuple[str, str]]:
    return [
        ("state", doing(status)),
        ("mount", str(status.mount)),
        ("clock", f"{status.clock_state}{_clock(status)}"),
        ("battery", _battery(status)),
        ("storage", _storage(status)),
        ("temperature", "not known" if status.temperature_cc is None else f"{status.temperature_cc:.1f} °C"),
    ]


def _link(status: StatusMessage) -> list[tuple[str, str]]:
    rate = "not known" if status.rate_mhz is None else f"{status.rate_mhz:.2f} Hz measured"
    lost = f"{status.samples} taken, {status.samples_lost} lost, {status.fifo_overruns} FIFO overruns"
    frames = f"{status.frames_dropped} frames dropped, {status.frames_damaged} damaged"
    return [
        ("samples", f"{lost}, {rate}"),
        ("sensor errors", str(status.sensor_errors)),
        ("link", f"{frames}, {status.values_clamped} values clamped"),
        ("faults", str(status.faults)),
        ("heap", "not known" if status.heap_free_kb is None else f"{status.heap_free_kb} kB free"),
    ]


def _clock(status: StatusMessage) -> str:
    epoch = status.seconds("epoch")
    return "" if not epoch or status.clock_state == "unset" else f", {moment(epoch)}"


def _battery(status: StatusMessage) -> str:
    if status.battery_mv is None:
        return "not measured"
    percent = "" if status.battery_percent is None else f", {status.battery_percent} %"
    return f"{status.battery_mv:.2f} V{percent}"


def _storage(status: StatusMessage) -> str:
    left = "" if status.minutes_left is None else f", about {status.minutes_left} minutes of running"
    return (
        f"{quantity(status.storage_free_kb)} of {quantity(status.storage_total_kb)} kB free{left}, {status.runs} runs"
    )


def quantity(value: Any) -> str:
    """A number or a question mark."""
    return "?" if value is None else str(value)


def moment(epoch_s: float) -> str:
    """A moment in local time, to the second."""
    return datetime.fromtimestamp(epoch_s, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def span(seconds: float | None) -> str:
    """Seconds as h:mm:ss or m:ss."""
    if seconds is None:
        return "?"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
