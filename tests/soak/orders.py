"""Raw recording and `capture` after every other command to a running pod, in random orders; and tests/hil."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.registry import ROOT
from retropod.runs import reader
from retropod.runs.download import download
from retropod.runs.store import Store
from retropod.virtual.pod import VirtualPod
from soak.pods import Commands, await_ready, client, still_pod
from soak.verdict import Verdict

ORDERS = 20
_HIL_S = 900.0  # limit of tests/hil
_SAMPLES_S = "2"
COMMANDS = (
    ("info",),
    ("runs",),
    ("config", "get"),
    ("config", "set", "wearer", "me"),
    ("time", "sync"),
    ("mount", "--query"),
    ("mount", "--given"),
    ("doctor",),
    ("live", "--seconds", "2"),
    ("record", "start"),
    ("record", "lap"),
    ("record", "stop"),
    ("download",),
    ("erase",),
    ("list",),
)
_MAY_FAIL = ("doctor", "record", "erase", "list")  # pod in motion; nothing to stop; nothing safely here


def random_orders(folder: Path, count: int = ORDERS, seed: int = 1) -> Iterator[Verdict]:
    """Criterion f: `count` orders, each on a pod that was reset before."""
    with still_pod(folder, 3600.0) as virtual:
        virtual.go()
        cli = Commands(virtual.url, folder)
        for number in range(count):
            chance = random.Random(seed + number)
            verdict = Verdict(f"order {seed + number}")
            began = time.monotonic()
            for command in chance.sample(COMMANDS, len(COMMANDS)):
                ran = cli(*command)
                good = ran.code == 0 or command[0] in _MAY_FAIL
                verdict.need(f"{' '.join(command)}: exit {ran.code}: {ran.out[-300:]}", good)
            _stop(virtual)
            for step in chance.sample((_raw, _capture), 2):
                step(virtual, cli, folder / str(number), verdict)
            _erase_all(virtual)
            verdict.note(f"{time.monotonic() - began:.0f} s")
            yield verdict
            virtual.reset()
            await_ready(virtual)


def _stop(virtual: VirtualPod) -> None:
    with client(virtual) as pod:
        if pod.status().state == "recording":
            pod.record("stop")


def _raw(virtual: VirtualPod, cli: Commands, folder: Path, verdict: Verdict) -> None:
    ran = cli("record", "start", "--raw")
    time.sleep(2.0)
    stopped = cli("record", "stop")
    verdict.need(f"record start --raw: {ran.out[-200:]} {stopped.out[-200:]}", ran.code == stopped.code == 0)
    with client(virtual) as pod:
        stored = reader.read(download(pod, Store(folder), pod.runs()[-1].run).path)
    samples = sum(message.count for message in stored.raw)
    verdict.note(f"{samples} raw samples recorded")
    verdict.need(f"{samples} raw samples in a run of 2 s", samples > 1.5 * 416)


def _capture(virtual: VirtualPod, cli: Commands, folder: Path, verdict: Verdict) -> None:
    folder.mkdir(exist_ok=True)
    ran = cli("capture", str(folder / "capture.zip"), "--seconds", _SAMPLES_S, "--json")
    verdict.need(f"capture: exit {ran.code}: {ran.out[-300:]}", ran.code == 0)
    lines = [line for line in ran.out.splitlines() if line.startswith("{")]
    samples = (json.loads(lines[-1])["samples"] or {}) if lines else {}
    verdict.note(f"{samples.get('count', 0)} captured")
    verdict.need(f"capture holds {samples}: {ran.out[-300:]}", samples.get("count", 0) > 416)


def _erase_all(virtual: VirtualPod) -> None:
    with client(virtual) as pod:
        for entry in pod.runs():
            pod.erase(entry.run, bytes(32), entry.raw["size"], force=True)


def hil(folder: Path) -> Verdict:
    """Criterion g: tests/hil on a pod that lies still."""
    verdict = Verdict("tests/hil")
    with VirtualPod(folder / "pod", cost="esp32") as virtual:
        await_ready(virtual)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "tests/hil", "--port", virtual.url, "-p", "no:cacheprovider", "-rfs"],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name != "RETROPOD_PORT"},
            capture_output=True,
            text=True,
            timeout=_HIL_S,
            check=False,
        )
    verdict.note(" ".join(done.stdout.strip().splitlines()[-1:]))
    verdict.need(done.stdout[-3000:] + done.stderr[-500:], done.returncode == 0)
    return verdict
