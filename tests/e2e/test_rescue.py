"""Pods with one fault each, repaired by `retropod flash --repair`."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import serial

from e2e import boards
from e2e.tool import Tool
from retropod.board.boardport import BoardPort
from retropod.doctor import silent
from retropod.repair import carve, repair
from retropod.runs.store import Store
from retropod.virtual.pod import VirtualBoard, VirtualPod

NAME = "left foot"
_BLOCK = 4096
_CRASH = "f = open('/{slot}/pod.pack', 'w'); f.write('nonsense'); f.close()\n"
_LONG_RUN = """
whole = open("/runs/000001.run", "rb").read()
f = open("/runs/000002.run", "wb")
f.write(whole)
try:
    for _ in range({blocks}):
        f.write(bytes(4096))
        f.flush()
except OSError:
    pass
try:
    f.close()
except OSError:
    pass
"""
_SLOT_B = """
import os
def copy(a, b):
    os.mkdir(b)
    for e in os.ilistdir(a):
        if e[1] & 0x4000:
            copy(a + "/" + e[0], b + "/" + e[0])
        else:
            f = open(b + "/" + e[0], "wb")
            f.write(open(a + "/" + e[0], "rb").read())
            f.close()
copy("/app_a", "/app_b")
"""


@pytest.fixture
def stock(tmp_path: Path) -> Path:
    """The firmware of a board that runs MicroPython and nothing else."""
    folder = tmp_path / "stock"
    folder.mkdir()
    return folder


@pytest.fixture
def pod(installed: Path, tmp_path: Path, stock: Path):
    """A pod with a copy of that flash. Access to pin 6 stops this board."""
    (tmp_path / "pod").mkdir()
    shutil.copy(installed, tmp_path / "pod")
    with VirtualPod(tmp_path / "pod", firmware=stock, board=VirtualBoard(deadly=(4,))) as pod:
        yield pod


def spoil(pod: VirtualPod, code: str) -> None:
    boards.execute(pod.url, code, restart=True)
    time.sleep(1.0)


def spoil_flash(pod: VirtualPod, folder: Path, change: Callable[[bytearray], None]) -> None:
    """Change the flash while the power is off."""
    pod.kill()
    path = folder / "flash.bin"
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)
    pod.power_on()


def repaired(tool: Tool, found: str, *options: str) -> dict:
    """Repair the pod. The diagnosis is `found`, and the pod works afterwards."""
    done = tool.good("flash", "--repair", "--json", *options, timeout_s=400).objects[0]
    assert done["found"] == found, done
    assert {test["item"]: test["verdict"] for test in done["tests"]}["sensor"] == "pass"
    assert tool.good("info", "--json").objects[0]["pod"]["chip"] == "lsm6dso32"
    return done


def holds_the_run(tool: Tool) -> None:
    """The run is unchanged on the pod, and the repair has saved it."""
    assert [entry["run"] for entry in tool.good("runs", "--json").objects] == [1]
    assert tool.good("download", "--json").objects[0]["already"]


def has_its_settings(tool: Tool) -> None:
    assert tool.good("config", "get", "name", "--json").objects == [{"name": NAME}]


def test_an_app_that_crashes_at_start(pod, tool) -> None:
    spoil(pod, _CRASH.format(slot="app_a"))
    found = silent.diagnose(pod.url)
    assert found.name == "app crashes"
    assert "pod.pack" in found.cause
    assert "flash --repair" in found.fix
    done = repaired(tool(pod.url), "app crashes")
    assert [run["whole"] for run in done["saved"]] == [True]
    assert not done["erased"]
    holds_the_run(tool(pod.url))
    has_its_settings(tool(pod.url))


def test_a_run_that_cannot_be_saved_stays_on_the_pod(pod, tool, tmp_path) -> None:
    spoil(pod, _CRASH.format(slot="app_a"))
    (tmp_path / "file").write_text("in the place of the store")
    ran = Tool(tmp_path / "file", pod.url)("flash", "--repair", "--json", "--yes")
    assert ran.code == 5
    (failure,) = ran.objects[0]["not_saved"]
    assert failure["name"] == "000001.run"
    assert str(tmp_path / "file") in failure["cause"]
    assert not ran.objects[0]["erased"]
    assert tool(pod.url).good("download", "--json").objects[0]["run"] == 1


def break_chains(data: bytearray) -> None:
    """Break every pointer to the first block of a run. A short run has no such pointer."""
    blocks = range(0, len(data), _BLOCK)
    firsts = [(at // _BLOCK).to_bytes(4, "little") for at in blocks if data.startswith(carve.runfile.MAGIC, at)]
    for start in blocks:
        for at in range(start, start + 16, 4):
            if data[at : at + 4] in firsts:
                data[at : at + 4] = b"\xfe\xff\xff\x7f"


def test_both_slots_bad_invalid_settings_and_an_unreadable_run(pod, tool, tmp_path) -> None:
    no_settings = "f = open('/settings.json', 'w'); f.write('{'); f.close()\n"
    crashes = _CRASH.format(slot="app_a") + _CRASH.format(slot="app_b")
    spoil(pod, _LONG_RUN.format(blocks=9) + no_settings + _SLOT_B + crashes)
    spoil_flash(pod, tmp_path / "pod", break_chains)
    ran = tool(pod.url).good("flash", "--repair", "--json", "-v", "--yes")
    done = ran.objects[0]
    assert done["found"] == "both slots bad"
    assert "000002.run cannot be read" in ran.err
    assert done["saved"][0] == {"run": "000001.run", "file": done["saved"][0]["file"], "whole": True}
    assert not any(run["whole"] for run in done["saved"][1:])
    held = [entry["run"] for entry in tool(pod.url).good("runs", "--json").objects]
    assert 1 in held
    assert 2 not in held
    assert Path(done["kept"][0]).read_text() == "{"
    listed = boards.execute(pod.url, "import os; print(os.listdir('/'))")
    assert "settings.json.bad" in listed
    assert "'settings.json'" not in listed


def test_a_full_file_system(pod, tool) -> None:
    spoil(pod, _LONG_RUN.format(blocks=999))
    asked = tool(pod.url)("flash", "--repair")
    assert asked.code == 1
    assert "000002.run" in asked.err
    assert "--yes" in asked.err
    assert len(tool(pod.url).good("runs", "--json").objects) == 2
    done = repaired(tool(pod.url), "storage full", "--yes")
    assert [run["whole"] for run in done["saved"]] == [True, True]
    assert Path(done["saved"][1]["file"]).stat().st_size > 1_000_000
    has_its_settings(tool(pod.url))
    tool(pod.url).good("record", "start")


def test_a_file_system_that_does_not_mount(pod, tool, tmp_path) -> None:
    def change(data: bytearray) -> None:
        data[: 2 * _BLOCK] = bytes(2 * _BLOCK)  # both superblocks
        for at in range(2 * _BLOCK, len(data), _BLOCK):
            if not data.startswith(carve.runfile.MAGIC, at):  # the app's files: reading them takes long
                data[at : at + _BLOCK] = b"\xff" * _BLOCK

    spoil_flash(pod, tmp_path / "pod", change)
    ran = tool(pod.url)("info")
    assert ran.code == 3
    done = repaired(tool(pod.url), "file system corrupt", "--yes")
    assert done["erased"]
    assert [run["whole"] for run in done["saved"]] == [True]
    assert tool(pod.url).good("show", done["saved"][0]["file"], "--json").objects
    image = Path(next(path for path in done["kept"] if path.endswith(".img")))
    assert image.stat().st_size == (tmp_path / "pod" / "flash.bin").stat().st_size


def test_an_installation_that_was_cut_off(pod, tool) -> None:
    spoil(pod, "import os\nos.remove('/app_a/manifest.json')\nos.remove('/slot')\nos.remove('/main.py')")
    repaired(tool(pod.url), "interrupted")
    holds_the_run(tool(pod.url))


def test_a_pod_left_in_the_raw_repl(pod, tool) -> None:
    with serial.Serial(pod.url, timeout=10) as port:
        port.write(b"\r\x03")
        assert port.read_until(b">>> ").endswith(b">>> ")
        port.write(b"\x01")
        assert port.read_until(b"exit\r\n>").endswith(b"exit\r\n>")
    found = silent.diagnose(pod.url)
    assert found.name == "app stopped"
    assert "reset" in found.fix
    repaired(tool(pod.url), "app stopped")


def test_another_program_holds_the_port(pod, tool) -> None:
    with tool(pod.url).start("live", "--json") as other:
        time.sleep(1.5)
        ran = tool(pod.url)("info")
        assert ran.code == 3
        assert "in use by another program" in ran.err
        assert f"process {other.process.pid})" in ran.err
        found = silent.diagnose(pod.url)
        assert str(other.process.pid) in found.cause
        assert tool(pod.url)("flash", "--repair").code == 3


def test_a_working_pod_is_not_changed(pod, tool) -> None:
    done = tool(pod.url).good("flash", "--repair", "--json").objects[0]
    assert (done["found"], done["saved"], done["erased"]) == ("well", [], False)


def test_settings_that_hang_the_boot(pod, tool) -> None:
    spoil(pod, "f = open('/settings.json', 'w'); f.write('{\"name\": \"left foot\", \"skip_pin\": 4}'); f.close()")
    found = silent.diagnose(pod.url)
    assert found.name == "silent"
    assert "reset button" in found.fix
    for _ in range(2):  # as the hint asks
        pod.reset()
        time.sleep(1.0)
    done = repaired(tool(pod.url), "settings")
    assert "skip_pin" in done["cause"]
    assert '"skip_pin": 4' in Path(done["kept"][0]).read_text()
    holds_the_run(tool(pod.url))
    pod.reset()
    assert tool(pod.url).good("info", "--json").objects[0]["faults"][-1]["boot"] < 9


def test_settings_that_made_an_earlier_app_mute(pod, tool) -> None:
    """At one byte per second no answer arrived. The app ignores that, but at this clock the bus carries no rate."""
    old = {"name": NAME, "line_rate": 1, "i2c_hz": 10000}
    spoil(pod, f"f = open('/settings.json', 'w'); f.write({json.dumps(old)!r}); f.close()")
    done = repaired(tool(pod.url), "settings")
    assert "i2c_hz 10000 carries no rate: at least 21000" in done["cause"]
    assert done["settings_aside"] == {"line_rate": 1, "i2c_hz": 10000}
    assert json.loads(Path(done["kept"][0]).read_text()) == old
    assert not done["erased"]
    has_its_settings(tool(pod.url))
    holds_the_run(tool(pod.url))


def test_a_board_with_reset_lines_is_restarted_automatically(pod, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of esptool, which uses the reset lines, the test presses the button."""
    spoil(pod, "f = open('/settings.json', 'w'); f.write('{\"skip_pin\": 4}'); f.close()")
    monkeypatch.setattr(repair.esptool, "restart", lambda port, observer: pod.reset())
    monkeypatch.setattr(repair, "_START_S", 1.0)
    asked: list[str] = []
    with BoardPort(pod.url) as port:
        done = repair.Repair(port, asked.append, store=Store(tmp_path / "store")).run()
    assert (done.diagnosis.name, done.erased, asked) == ("settings", False, [])
    assert [one.whole for one in done.saved] == [True]
