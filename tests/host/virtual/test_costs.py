"""The virtual pod takes the time that an ESP32 takes. Measured there: FACTS, "Time costs on the ESP32"."""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from host.virtual.helpers import Cable, plugged
from host.virtual.test_time_and_source import CHIP_HZ, wobble
from retropod.build.image import compiled
from retropod.errors import OperationFailed, UsageError
from retropod.virtual.pod import VirtualPod
from shared import once

ONPOD = Path(__file__).with_name("onpod")
MODULE = "\n".join(
    f"def function_{{0}}_{k}(first, second):\n    total = first * {k} + second\n    return [total, 'text {{0}} {k}']\n"
    for k in range(9)
)
MACHINE_CODE = (
    "import micropython\n\n@micropython.viper\ndef add(a: int, b: int) -> int:\n    return a + b\n\nVALUE = 1\n"
)
WITHIN = 0.2

# Name of a row: the interval that was measured on the ESP32, in ms. A single figure was rounded to the last digit.
FILES = {
    "stat first 5": (12.5, 13.5),
    "stat first 20": (43.5, 44.5),
    "stat first 45": (54.5, 55.5),
    "stat last 5": (5.5, 6.5),
    "stat last 20": (9.5, 10.5),
    "stat last 45": (13.5, 14.5),
    "stat missing 5": (2.5, 3.5),
    "stat missing 20": (4.5, 5.5),
    "stat missing 45": (6.5, 7.5),
    "listdir 5": (18.5, 19.5),
    "listdir 20": (245, 255),
    "listdir 45": (825, 835),
    "read 5": (4.5, 5.5),
    "read 20": (6.5, 7.5),
    "read 45": (8.5, 9.5),
    "write": (77, 124),
    "write 4 kB": (95, 105),
    "import few": (17, 50),
    "import many": (57, 126),
}
# The same in us. One transaction costs 147 us and 9 bits a byte at 400 kHz, with 3 bytes of addresses.
OPERATIONS = {
    "collect": (600, 1000),
    "i2c 1": (237, 237),
    "i2c 256": (5975, 5975),
}
# In us, and within which factor it holds: all CPU time is charged alike. docs/virtual-pod-costs.md has the spread.
CODE = {
    "loop": (1.2, 1.5),
    "byte": (28, 3.0),
    "pack_into": (21, 2.0),
    "crc32": (32, 2.0),
    "cobs": (96, 5.0),
}


@pytest.fixture(scope="module")
def rows(micropython: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[float]]:
    """Return the times in us of every operation, by the pod's own clock at speed "max"."""
    return once("rows of costs", lambda: measured(tmp_path_factory.mktemp("rows")))


def measured(folder: Path) -> dict[str, list[float]]:
    firmware = folder / "firmware"
    for package, count in (("few", 4), ("many", 48)):  # and __init__
        (firmware / "app_a" / package).mkdir(parents=True)
        (firmware / "app_a" / package / "__init__.mpy").write_bytes(compiled("", "__init__.py", "x64").data)
        for i in range(count):
            module = compiled(MODULE.format(i), f"mod_{i:02}.py", "x64")
            (firmware / "app_a" / package / f"mod_{i:02}.mpy").write_bytes(module.data)
    shutil.copy(ONPOD / "costly" / "main.py", firmware)
    with (
        VirtualPod(folder / "pod", speed="max", cost="esp32", firmware=firmware) as pod,
        plugged(pod.url) as cable,
    ):
        cable.port.write(b"x" * 100)
        line = cable.until(b"}", 60)
    found = json.loads(line[line.rindex(b'{"') :])
    assert "error" not in found, line
    return found


@pytest.mark.parametrize("name", FILES)
def test_files_and_imports(rows: dict[str, list[float]], name: str):
    low, high = FILES[name]
    assert low * (1 - WITHIN) <= median(rows[name]) / 1000 <= high * (1 + WITHIN)


@pytest.mark.parametrize("name", ["import few", "import many"])
def test_the_inner_half_of_the_imports_of_a_folder(rows: dict[str, list[float]], name: str):
    low, high = FILES[name]
    outer = len(rows[name]) // 4  # a busy machine spoils some
    inner = sorted(rows[name])[outer:-outer]
    assert low * (1 - WITHIN) <= inner[0] / 1000
    assert inner[-1] / 1000 <= high * (1 + WITHIN)


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations(rows: dict[str, list[float]], name: str):
    low, high = OPERATIONS[name]
    assert low * (1 - WITHIN) <= median(rows[name]) <= high * (1 + WITHIN)


@pytest.mark.parametrize("name", CODE)
def test_code_costs_what_it_does_within_a_factor(rows: dict[str, list[float]], name: str):
    expected, factor = CODE[name]
    assert expected / factor <= rows[name][0] <= expected * factor


def test_the_firmware_may_mount_its_own_block_device(rows: dict[str, list[float]]):
    assert rows["partition"] == [1, 0]
    assert rows["host stays"] == [1], "the wall around the host's files stays mounted"
    own, usual = median(rows["stat first 45, own device"]), median(rows["stat first 45"])
    assert own < usual / 2, "fewer, larger reads are cheaper"
    assert own > 1000


@pytest.fixture
def make_late(micropython: Path, tmp_path: Path) -> Iterator[Callable[..., tuple[VirtualPod, Cable]]]:
    """A pod whose app loads modules when a byte asks for them."""
    firmware = tmp_path / "firmware"
    shutil.copytree(ONPOD / "late", firmware)
    for name, text in (("machine_code", MACHINE_CODE), ("early_code", MACHINE_CODE), ("plain", "VALUE = 2\n")):
        (firmware / f"{name}.mpy").write_bytes(compiled(text, f"{name}.py", "x64").data)
    pods = []

    def make(**settings: Any) -> tuple[VirtualPod, Cable]:
        pod = VirtualPod(tmp_path / "pod", firmware=firmware, cost="esp32", **settings)
        pod.start()
        pods.append(pod)
        cable = Cable(pod.url)
        pods.append(cable.port)
        return pod, cable

    yield make
    for each in reversed(pods):
        each.close()


def test_machine_code_is_refused_once_the_app_is_ready(make_late):
    pod, cable = make_late()
    assert pod.wait_ready(10)
    assert cable.ask("?") == {"value": 1}, "what was loaded at the start"
    assert cable.ask("m") == {"error": "MemoryError"}
    assert cable.ask("p") == {"value": 2}, "bytecode needs no executable memory"
    assert cable.ask("b") == {"error": "MemoryError"}, "a file system of the app does not avoid it"


def test_file_accesses_and_imports_are_counted(make_late):
    pod, cable = make_late()
    assert pod.wait_ready(10)
    start = pod.counts()
    assert start["imports"] == ["pod", "pod.app", "early_code"]
    assert "/early_code.mpy" in start["opens"]
    cable.ask("c")
    assert pod.counts() == {"imports": [], "opens": [], "lookups": 0, "listdirs": 0, "changes": 0}
    cable.ask("d")
    counts = pod.counts()
    assert (counts["opens"], counts["lookups"], counts["listdirs"]) == (["/data"], 1, 1)
    cable.ask("p")
    counts = pod.counts()
    assert counts["imports"] == ["plain"]
    assert counts["opens"] == ["/plain.mpy"]
    assert counts["lookups"] >= 2


def test_the_console_is_still_a_stream(make_late):
    pod, cable = make_late()
    assert pod.wait_ready(10)
    assert cable.ask("o") == {"file": [1]}


def test_a_pod_that_costs_nothing_does_not_count(make_pod):
    pod = make_pod()
    with pytest.raises(OperationFailed):
        pod.counts()
    with pytest.raises(OperationFailed):
        pod.time_spent()


def test_there_is_no_model_of_other_processors(tmp_path: Path):
    with pytest.raises(UsageError):
        VirtualPod(tmp_path, cost="z80")


def test_time_is_the_machines_at_speed_1(make_late):
    pod, cable = make_late()
    assert pod.wait_ready(10)
    first = cable.ask("c")
    pod.time_spent()
    spent = pod.time_spent()
    cable.ask("z", timeout_s=10)
    later = pod.time_spent()
    assert first["platform"] == "esp32"
    assert later["idle_s"] - spent["idle_s"] == pytest.approx(3.0, abs=1.0)
    assert later["all_s"] == pytest.approx(sum(later[name] for name in ("cpu_s", "flash_s", "idle_s", "other_s")))


def test_the_chip_tells_how_its_fifo_was_served(make_pod):
    """Figures of the chip: firmware that sleeps for a second reads late and loses more samples than the FIFO holds."""
    pod = make_pod()
    with plugged(pod.url) as cable:
        cable.ask("s")
        pod.fifo_stats()
        cable.ask("s")
        served = pod.fifo_stats()
        assert served["lost"] == served["overruns"] == 0
        assert served["longest_gap_s"] < 0.3
        assert served["reads"] > 0
        cable.ask("z")
        late = pod.fifo_stats()
    assert late["longest_gap_s"] == pytest.approx(1.0, abs=0.2)
    assert late["lost"] == pytest.approx(416.7 - 256, abs=60)  # of a second; 512 words hold 256 samples
    assert late["overruns"] >= 1


def test_instants_of_samples_follow_a_machine_that_stalls(make_pod):
    """A stall freezes the pod: no sample is lost, and later samples have later instants by as much."""
    pod = make_pod(source=wobble(60.0), cost="esp32")
    with plugged(pod.url) as cable:
        cable.knock()
        end = time.monotonic() + 10
        while not pod.rate_hz and time.monotonic() < end:
            time.sleep(0.01)
        first = pod.sample_monotonic_s(0)
        cable.ask("s")
        pod.fifo_stats()
        child = pod._child
        assert child is not None
        os.kill(child.process.pid, signal.SIGSTOP)
        time.sleep(1.5)
        os.kill(child.process.pid, signal.SIGCONT)
        cable.ask("s")
        time.sleep(0.5)
        asked = time.monotonic()
        newest = cable.ask("s")["words"] // 2 - 1
        served = pod.fifo_stats()
    assert pod.sample_monotonic_s(0) == pytest.approx(first, abs=0.01), "the past stays as it was"
    assert abs(pod.sample_monotonic_s(newest) - asked) < 0.2
    assert pod.sample_monotonic_s(newest) - first > newest / CHIP_HZ + 1.2
    assert served["lost"] == 0
    assert served["longest_gap_s"] < 0.5
