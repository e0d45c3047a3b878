"""Diagnosis of a board from its output or its files."""

import contextlib
import socket
import threading

import pytest

from retropod.board import inspect_files
from retropod.board.boardport import BoardPort
from retropod.board.inspect_files import PodFiles
from retropod.board.mpremote import ReplBoard
from retropod.doctor import silent

_ROM = b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x%x (%s),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
_WATCHDOG = _ROM % (8, b"TG1WDT_SYS_RESET")
HEARD = [
    (b"", "silent", silent.NOWHERE, "reset button"),
    (b"GPS,1,2,3\r\n", "no pod", silent.NOWHERE, "retropod list"),
    (_WATCHDOG, "app hangs", silent.NOWHERE, "up to three times"),  # it started once: because its port was opened
    (_WATCHDOG * 2, "boot loop", silent.BOOT_LOADER, "flash --repair"),
    (_ROM % (16, b"RTCWDT_RTC_RESET") + b"invalid header: 0xffffffff\r\n", "no program", silent.BOOT_LOADER, "repair"),
    (b"rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0))\r\nwaiting for download\r\n", "boot loader",
     silent.BOOT_LOADER, "reset button alone"),
    (b"\xc0\x01\x08\x04\x00\x07\x07\x12\x20\x00\x00\x00\x00\xc0", "boot loader", silent.BOOT_LOADER, "--repair"),
    (b"The filesystem starting at sector 512 with size 512 sectors looks corrupt.", "file system corrupt",
     silent.CORRUPT, "--repair"),
]  # fmt: skip


@pytest.mark.parametrize(("heard", "name", "way", "fix"), HEARD, ids=[str(number) for number in range(len(HEARD))])
def test_what_is_heard(heard: bytes, name: str, way: str, fix: str) -> None:
    found = silent._silent("PORT", heard)
    assert (found.diagnosis.name, found.way) == (name, way)
    assert fix in found.diagnosis.fix
    assert "\n" not in found.diagnosis.cause + found.diagnosis.fix


WHOLE = PodFiles(True, ["app_a"], {"app_a": []}, True, False, False, {}, [], None, "", 1 << 20)
CRASHES = "".join(f"{boot}\t{boot}\t1\tValueError: x < app.py\n" for boot in (7, 8, 9))
LIES = [
    (WHOLE, {}, "app stopped", ""),
    (WHOLE._replace(unreadable=["/main.py"]), {}, "files unreadable", "/main.py"),
    (WHOLE._replace(words=[], slots={}, main=False), {}, "no app", ""),
    (WHOLE._replace(words=[], slots={}, main=False, partial=True), {}, "interrupted", ""),
    (WHOLE._replace(main=False), {}, "interrupted", "main.py"),
    (WHOLE._replace(slots={"app_a": ["pod/x.mpy"]}), {}, "app crashes", "pod/x.mpy"),
    (WHOLE, {"app_a": "ImportError: y"}, "app crashes", "ImportError: y"),
    (WHOLE._replace(slots={"app_a": ["pod/x.mpy"], "app_b": []}), {"app_b": "ImportError: y"}, "both slots bad",
     "app_b: ImportError: y"),
    (WHOLE._replace(slots={"app_a": ["pod/x.mpy"], "app_b": []}), {}, "app crashes", "pod/x.mpy"),
    (WHOLE._replace(words=["app_b", "tried", "app_a", "60000"]), {}, "app stopped", ""),
    (WHOLE._replace(words=[], slots={}, flat=True), {}, "app stopped", ""),
    (WHOLE._replace(settings="{"), {}, "settings", "damaged"),
    (WHOLE._replace(settings="[]"), {}, "settings", "damaged"),
    (WHOLE._replace(settings='{"name": "x"}'), {}, "app stopped", ""),
    (WHOLE._replace(faults=CRASHES), {}, "app crashes", "ValueError"),
    (WHOLE._replace(faults="x\ty\t1\ttorn\n" + CRASHES[40:]), {}, "app stopped", ""),
    (WHOLE._replace(free=1000), {}, "storage full", "0 kB"),
]  # fmt: skip


@pytest.mark.parametrize(("lies", "why", "name", "cause"), LIES, ids=[str(number) for number in range(len(LIES))])
def test_what_lies_on_a_pod(lies: PodFiles, why: dict, name: str, cause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect_files, "load_error", lambda board, slot: why.get(slot, ""))
    found = silent._cause(ReplBoard(BoardPort("PORT")), lies)
    assert found[0] == name
    assert cause in found[1]


def test_a_board_that_starts_over_and_over() -> None:
    """It sends text all the time and ignores its input."""
    server = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        with contextlib.suppress(OSError):
            while True:
                host, _ = server.accept()
                threading.Thread(target=repeat, args=(host,), daemon=True).start()

    def repeat(host: socket.socket) -> None:
        with contextlib.suppress(OSError), host:
            while True:
                host.sendall(_WATCHDOG)
                stop.wait(0.3)

    stop = threading.Event()
    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    found = silent.diagnose(f"socket://127.0.0.1:{server.getsockname()[1]}")
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)
    assert found.name == "boot loop"
    assert "TG1WDT_SYS_RESET" in found.cause


def test_a_port_that_is_not_there() -> None:
    assert silent.diagnose("/dev/no-such-port").name == "port"
