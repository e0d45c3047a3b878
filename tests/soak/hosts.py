"""Hosts that repeat, that follow each other, that are killed: how soon the pod answers, and mpremote gets in."""

import contextlib
import random
import time
from collections.abc import Iterator
from pathlib import Path

import serial
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport as Mpremote

from e2e import scenarios
from e2e.tool import Tool
from retropod.client import frames, messages, wire
from retropod.client.pod import Pod
from retropod.client.roundtrip import Patience
from retropod.errors import RetropodError
from retropod.virtual.pod import VirtualPod
from soak.pods import await_ready, client, still_pod, stored_runs
from soak.verdict import Verdict

ANSWER_S = 1.0
MPREMOTE_S = 2.0
_SHORT_SILENCE_S = 0.06
_BREAK_IN_S = 20.0  # limit of mpremote's wait for the raw REPL
_IMPATIENT = Patience(total_s=8.0, first_s=0.05, most_s=0.05)
_RUNS = 40  # a list of them takes 2 s
_LONG_RUN_BLOCKS = 200  # 40 kB: 4 s on the line
_REPEATED_S = 20.0
# State of the pod in which the host dies: request, its values, bytes that the host still reads.
STATES: dict[str, tuple[str, dict[str, object], int]] = {
    "mid-frame": ("status_get", {}, 0),
    "mid-list": ("setting_get", {"text": ""}, 100),
    "mid-run-list": ("run_list", {}, 100),
    "mid-download": ("run_read", {"run": 1, "offset": 0, "length": 40_000}, 2000),
    "mid-digest": ("digest_get", {"run": 1}, 0),
    "mid-stream": ("stream", {"what": ("strides", "raw"), "lease_ms": 5.0}, 500),
    "mid-doctor": ("check_get", {}, 20),
}


def die(url: str, state: str, chance: random.Random) -> None:
    """Open the port, send the request of `state`, read as much as it says, and leave without a word."""
    name, values, count = STATES[state]
    frame = frames.build(wire.by_name(name).id, 3, wire.encode(name, request=chance.randrange(4, 255), **values))
    with serial.serial_for_url(url, baudrate=115200, timeout=2.0, exclusive=True) as port:
        if state == "mid-frame":
            frame = frame[: chance.randrange(3, len(frame))]
        port.write(frame)
        if count:
            port.read(count)


def answer_s(virtual: VirtualPod) -> float:
    """Connect; return the time to the first answer in s."""
    began = time.monotonic()
    with client(virtual):
        return time.monotonic() - began


def break_in_s(url: str) -> float:
    """Do what `mpremote connect PORT resume exec "print(6*7)"` does; return the time from its first byte in s.

    Raises TransportError when it does not get in.
    """
    mpremote = Mpremote(url)
    mpremote.serial.timeout = 1.0  # On a pseudo-terminal mpremote reads without a limit.
    try:
        began = time.monotonic()
        with contextlib.redirect_stdout(None):  # it prints the output of the prompt
            mpremote.enter_raw_repl(soft_reset=False, timeout_overall=_BREAK_IN_S)
        said = mpremote.exec("print(6*7)")
        took_s = time.monotonic() - began
        mpremote.exit_raw_repl()
    finally:
        mpremote.close()
    if said.strip() != b"42":
        raise TransportError(f"it printed {said!r}")
    return took_s


def start_app(virtual: VirtualPod) -> None:
    """Leave the REPL with a soft reset and wait for the app."""
    scenarios.start_app(Tool(Path(), virtual.url))
    await_ready(virtual)
    with client(virtual):
        pass


def killed(virtual: VirtualPod, state: str, chance: random.Random, verdict: Verdict, raw: bool, slack: int = 1) -> None:
    """Criterion e for one state: a host dies, the next gets an answer; a host dies, mpremote gets in.

    `slack` multiplies the limits.
    """
    name = f"{state}{', recording' if raw else ''}"
    try:
        if raw:
            with client(virtual) as pod:
                pod.record("start", "strides", "raw")
        die(virtual.url, state, chance)
        verdict.most(f"{name}: answer", answer_s(virtual), slack * ANSWER_S, "s")
        die(virtual.url, state, chance)
        if state == "mid-frame" or slack > 1:  # The clock of a pod on a busy machine may stand still for a while.
            time.sleep(slack * _SHORT_SILENCE_S)
        verdict.most("mpremote", break_in_s(virtual.url), slack * MPREMOTE_S, "s")
    except (RetropodError, TransportError) as error:
        verdict.need(f"{name}: {type(error).__name__}: {error}", False)
    try:
        start_app(virtual)
        _stop_and_erase(virtual)
    except RetropodError as error:
        verdict.need(f"{name}, afterwards: {error}", False)
        virtual.reset()
        await_ready(virtual)


def _stop_and_erase(virtual: VirtualPod) -> None:
    with client(virtual) as pod:
        if pod.status().state == "recording":
            pod.record("stop")
        for entry in pod.runs():
            if entry.run > _RUNS:
                pod.erase(entry.run, bytes(32), entry.raw["size"], force=True)


def _files() -> dict[str, bytes]:
    files = stored_runs(_RUNS)
    first = next(iter(files))
    return {**files, first: stored_runs(1, _LONG_RUN_BLOCKS)[first]}


def deaths(folder: Path, seed: int, states: tuple[str, ...] = tuple(STATES)) -> Iterator[Verdict]:
    """A host killed in every state, with and without a recording."""
    chance = random.Random(seed)
    with still_pod(folder, 1200.0, files=_files()) as virtual:
        virtual.go()
        for raw in (False, True):
            verdict = Verdict(f"killed hosts{', raw recording' if raw else ''}")
            for state in states:
                killed(virtual, state, chance, verdict, raw)
            yield verdict


def followers(folder: Path, seconds: float = _REPEATED_S) -> Iterator[Verdict]:
    """A host that repeats after 50 ms, and hosts one after the other, during a raw recording."""
    with still_pod(folder, seconds + 60.0, files=stored_runs(2)) as virtual:
        with client(virtual) as pod:
            pod.record("start", "strides", "raw")
        virtual.go()
        virtual.fifo_stats()
        yield _repeating(virtual, seconds)
        yield _one_after_the_other(virtual, seconds)


def _repeating(virtual: VirtualPod, seconds: float) -> Verdict:
    verdict = Verdict(f"host that repeats after 50 ms, {seconds:g} s, raw recording")
    requests = (
        (messages.StatusGetMessage(), messages.StatusMessage),
        (messages.DigestGetMessage(run=1), messages.DigestMessage),
        (messages.MountDoMessage(action="query"), messages.MountMessage),
        (wire.greeting(), messages.HelloMessage),
    )
    trips: list[float] = []
    with client(virtual) as pod:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for request, answer in requests:
                began = time.monotonic()
                pod.connection.ask(request, answer, _IMPATIENT)
                trips.append(time.monotonic() - began)
        verdict.note(f"{len(trips)} requests sent {pod.connection.requests} times")
    verdict.most("slowest answer", max(trips), ANSWER_S, "s")
    verdict.most("then", answer_s(virtual), ANSWER_S, "s")
    verdict.most("samples lost", int(virtual.fifo_stats()["lost"]), 0)
    return verdict


def _one_after_the_other(virtual: VirtualPod, seconds: float) -> Verdict:
    verdict = Verdict(f"two hosts one after the other, {seconds:g} s, raw recording")
    waits: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        one = client(virtual)
        _leave_in_the_middle(one)
        waits.append(answer_s(virtual))
    verdict.note(f"{len(waits)} times")
    verdict.most("slowest first answer", max(waits), ANSWER_S, "s")
    verdict.most("samples lost", int(virtual.fifo_stats()["lost"]), 0)
    return verdict


def _leave_in_the_middle(pod: Pod) -> None:
    """Stream and request a list, and close the port before its end."""
    pod.connection.ask(messages.StreamMessage(what=("strides", "events"), lease_ms=5.0), messages.DoneMessage)
    layout = wire.by_name("setting_get")
    pod.connection.transmit(layout.id, layout.encode({"request": 77, "text": ""}))
    time.sleep(0.02)
    pod.close()
