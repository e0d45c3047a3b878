"""Diagnosis from this machine to the pod: tools, ports, port, app, and the cause if no pod answers."""

import platform
from collections.abc import Iterator

import serial

from retropod.client import discover
from retropod.client.pod import Pod, describe
from retropod.doctor import silent
from retropod.doctor.answering import examine_pod
from retropod.doctor.items import FAIL, PASS, WARN, Result, Row, result
from retropod.errors import NoPod, RetropodError
from retropod.transport.ports import PortInfo
from retropod.transport.serial import SerialTransport
from retropod.wording import count

_OLDEST_PYSERIAL = (3, 5)
_UNKNOWN_CHIP = (
    "`retropod list --all` queries every port: name the pod's with --port; if it is missing, use a USB cable with data "
    "lines and install the driver of the board's USB chip"
)
_ATTEMPTS = 6  # a pod that starts later is found by the diagnosis


def examine(url: str, baud: int) -> Iterator[Result]:
    """Yield each result as soon as it is known. `url`: a port, or `auto`. A failure is a result, not an exception."""
    yield _tools()
    here = discover.candidates(everything=True)
    yield _ports(here, url)
    url, failures = _chosen(url)
    yield from failures
    if url:
        yield from _at_port(url, baud, here)


def _tools() -> Result:
    version = str(serial.__version__)
    text = f"Python {platform.python_version()}, pyserial {version}, {platform.system()} {platform.machine()}"
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    return result("tools", [Row(PASS if numbers >= _OLDEST_PYSERIAL else WARN, 0, text)])


def _ports(here: list[PortInfo], url: str) -> Result:
    likely, others = [port for port in here if port.bridge], [port for port in here if not port.bridge]
    if not likely and others and url == "auto":
        text = f"no port with a known USB chip of a pod's board; others: {discover.listing(others)}"
        return result("ports", [Row(FAIL, 0, text)], _UNKNOWN_CHIP)
    named = ", ".join(f"{port.device} ({port.bridge})" for port in likely) or "no port with a USB chip of a pod's board"
    more = f"; {count(len(others), 'other port')}" if others else ""
    verdict = PASS if likely or url != "auto" else FAIL
    return result("ports", [Row(verdict, len(likely), f"{named}{more}; `retropod list --all` queries every port")])


def _chosen(url: str) -> tuple[str, list[Result]]:
    """Return the port to examine, or an empty string and failures if `auto` finds no pod or several."""
    if url != "auto":
        return url, []
    found = discover.search()
    pods = [(one.port.device, one.hello) for one in found if one.hello is not None]
    if len(pods) == 1:
        return pods[0][0], []
    if pods:
        text = ", ".join(f"{device} is {describe(hello)}" for device, hello in pods)
        return "", [result("port", [Row(FAIL, len(pods), f"{len(pods)} pods answer: {text}")], "name one with --port")]
    return (found[0].port.device, []) if len(found) == 1 else ("", [_silent(one) for one in found])


def _silent(one: discover.Found) -> Result:
    cause = one.error or NoPod(f"no answer from {one.port.device}")
    return result("port", [Row(FAIL, 0, cause.message)], f"for a diagnosis: retropod --port {one.port.device} doctor")


def _at_port(url: str, baud: int, here: list[PortInfo]) -> Iterator[Result]:
    try:
        transport = SerialTransport(url, baud)
    except RetropodError as error:
        yield result("port", [Row(FAIL, 0, error.message)], error.hint)
        return
    known = next((f", {port.bridge or port.description}" for port in here if port.device == url), "")
    yield result("port", [Row(PASS, 0, f"{url} opens{known.rstrip(', ')}")])
    try:
        pod = _greeted(transport, baud)
        if isinstance(pod, silent.Diagnosis):
            yield result("app", [Row(FAIL, 0, f"{pod.name}: {pod.cause}")], pod.fix)
            return
        with pod:
            yield from examine_pod(pod)
    except RetropodError as error:
        yield result("app", [Row(FAIL, 0, error.message)], error.hint)


def _greeted(transport: SerialTransport, baud: int) -> Pod | silent.Diagnosis:
    """Return the pod on an open port, or the diagnosis if none answers."""
    try:
        return Pod(transport, _ATTEMPTS)
    except RetropodError:
        diagnosis = silent.diagnose(transport.url)
        if diagnosis.fix:
            return diagnosis
        return Pod(SerialTransport(transport.url, baud))  # the pod has started in the meantime
