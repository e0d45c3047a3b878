"""Memory and processor time of `retropod live` over two simulated hours, at 90 strides per minute and foot."""

import itertools
import os
import pty
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from bench.registry import NotMeasured, Row, figures
from host.netpod import served
from host.tinypod import TinyPod
from retrowire import codec, schema

STRIDES = 10_800
_STRIDE_MS = 667
_EACH = 900  # strides between two readings: ten simulated minutes
_AHEAD = 20  # strides that are sent before they are shown: a longer queue would count as memory of the session
_SHOWN = {"live": b'"type":"stride"', "live_big": b"\x1b[H"}  # in the output, once per stride
_RUN_S = 20  # simulated seconds in one direction
_LIMIT_S = 600.0
_WAYS = ("forward", "backward")


class WornPod(TinyPod):
    """A pod in memory with a mount and without settings."""

    def _handle(self, message: int, body: bytes) -> None:
        if message == schema.MOUNT_DO:
            request = codec.unpack(message, body, 0, len(body))[0]
            self.send(schema.MOUNT, request=request, state=codec.value("mount", "given"), matrix=bytes(18))
        else:
            super()._handle(message, body)

    def _setting(self, request: int, text: bytes) -> None:
        self.send(schema.DONE, request=request, value=0)


class Runner:
    """A pod that sends the strides of a session, faster than real time, when it is asked for a stream."""

    def __init__(self) -> None:
        self.pod = WornPod()
        self._random = random.Random(1)
        self._numbers = {way: codec.value("direction", way) for way in _WAYS}

    def send(self, number: int) -> None:
        """Send a stride: the direction changes every 20 s, and each value varies."""
        uptime_ms = number * _STRIDE_MS
        way = _WAYS[uptime_ms // 1000 // _RUN_S % 2]
        vary = self._random.randint
        self.pod.send(
            schema.STRIDE, number=number, sample=number * 277, uptime_s=uptime_ms // 1000, uptime_ms=uptime_ms % 1000,
            period=_STRIDE_MS, toe_off=100 + vary(-9, 9), contact=550 + vary(-9, 9), contact_time=220 + vary(-9, 9),
            direction=self._numbers[way], confidence=50_000, length=(1 if way == "forward" else -1) * vary(900, 1400),
        )  # fmt: skip


@figures("live_memory_growth_ratio_2h", "live_cpu_growth_ratio_2h", "live_big_memory_growth_ratio_2h",
         "live_big_cpu_growth_ratio_2h")  # fmt: skip
def bench_two_hours() -> Iterator[Row]:
    if not sys.platform.startswith("linux"):
        raise NotMeasured("memory and processor time of a process are read from /proc")
    for name, words in (("live", ["--json", "--keep"]), ("live_big", ["--big", "--keep"])):
        memory_kb, cpu_s = _session(words, _SHOWN[name])
        method = f"`live {' '.join(words)}`, {STRIDES} strides as fast as they are shown"
        ratio = memory_kb[-1] / memory_kb[0]
        yield (
            f"{name}_memory_growth_ratio_2h",
            ratio,
            "",
            f"{method}: RSS at the end / after 10 min ({memory_kb[0]} kB)",
        )
        third = len(cpu_s) // 3
        cost = statistics.mean(cpu_s[-third:]) / statistics.mean(cpu_s[:third])
        first_ms = 1000 * statistics.mean(cpu_s[:third]) / _EACH
        yield f"{name}_cpu_growth_ratio_2h", cost, "", f"{method}: last / first third, {first_ms:.2f} ms per stride"


def _session(words: list[str], mark: bytes) -> tuple[list[int], list[float]]:
    """Return RSS in kB and processor time in s, after and for every ten simulated minutes."""
    runner = Runner()
    master, slave = pty.openpty()
    with tempfile.TemporaryDirectory() as folder, served(runner.pod) as url:
        state = {"RETROPOD_RUNS": f"{folder}/store", "XDG_STATE_HOME": f"{folder}/state", "TERM": "xterm-256color"}
        command = "import sys; from retropod.cli import main; sys.exit(main())"
        live = subprocess.Popen(
            [sys.executable, "-c", command, "live", *words, "--port", url, "--strides", str(STRIDES)],
            stdin=slave, stdout=slave, stderr=slave, env=os.environ | {"LINES": "24", "COLUMNS": "80"} | state,
        )  # fmt: skip
        os.close(slave)
        output = Output(master, mark)
        try:
            return _feed(runner, live, output)
        finally:
            live.kill()
            live.wait()
            output.thread.join(5)
            os.close(master)


class Output:
    """Reads a terminal and counts a mark in it."""

    def __init__(self, master: int, mark: bytes) -> None:
        self.count = 0
        self._master, self._mark = master, mark
        self.thread = threading.Thread(target=self._drain, daemon=True)
        self.thread.start()

    def _drain(self) -> None:
        rest = b""
        try:
            while data := os.read(self._master, 65536):
                data = rest + data
                self.count += data.count(self._mark)
                rest = data[1 - len(self._mark) :]
        except OSError:  # the process has ended
            return


def _feed(runner: Runner, live: "subprocess.Popen[bytes]", output: Output) -> tuple[list[int], list[float]]:
    end_s = time.monotonic() + _LIMIT_S
    while not any(message == schema.STREAM for message, _ in runner.pod.asked):
        if live.poll() is not None or time.monotonic() > end_s:
            raise NotMeasured("`live` did not ask for a stream")
        time.sleep(0.05)
    memory_kb: list[int] = []
    cpu_s = [_cpu_s(live.pid)]
    for number in range(STRIDES):
        runner.send(number)
        while number - output.count > _AHEAD:
            if live.poll() is not None or time.monotonic() > end_s:
                raise NotMeasured(f"`live` showed {output.count} of {number} strides")
            time.sleep(0.001)
        if number % _EACH == _EACH - 1 and number + 1 < STRIDES:
            memory_kb.append(_memory_kb(live.pid))
            cpu_s.append(_cpu_s(live.pid))
    return memory_kb, [after - before for before, after in itertools.pairwise(cpu_s)]


def _memory_kb(pid: int) -> int:
    return int(next(one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in one).split()[1])


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
