"""From a bare board to a working pod: real esptool, real mpremote, real firmware."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from littlefs import LittleFS, LittleFSError, UserContext

from e2e.bench_of_boards import BareBoard, BootLoader
from firmware.podlife import until
from host.install.images import image
from retropod.board.espimage import CHIPS
from retropod.build.image import version as app_version
from retropod.install import download
from retropod.virtual.pod import VirtualPod

ESP32 = CHIPS["ESP32"]


@pytest.fixture
def stock(tmp_path: Path) -> Path:
    """The firmware of a board that runs MicroPython and nothing else."""
    folder = tmp_path / "stock"
    folder.mkdir()
    return folder


@pytest.fixture
def boot_loader() -> Iterator[BootLoader]:
    """The boot loader of a bare ESP32 with 4 MB of flash."""
    with BootLoader() as boot_loader:
        yield boot_loader


@pytest.fixture
def micropython_image(tmp_path: Path) -> Path:
    path = tmp_path / "micropython.bin"
    path.write_bytes(image(ESP32))
    return path


def as_documented(root: Path, url: str, number: int, lines: list[str]) -> None:
    """Compare output with block `number` of docs/first-flash.md, except for port, numbers and path of the log.

    A step that takes long prints its progress: on a busy machine more often.
    """
    blocks = (root / "docs" / "first-flash.md").read_text().split("```text\n")[1:]
    shown = blocks[number].partition("\n```")[0].splitlines()[1:]
    lines = [line for line in lines if not re.fullmatch(r" +\d+%, .* left", line)]
    assert [plain(line, "/dev/ttyUSB0") for line in shown] == [plain(line, url) for line in lines]


def plain(line: str, url: str) -> str:
    line = re.sub(r" \(log: .*\)$", "", line.replace(url, "PORT"))
    line = line.replace(f"MicroPython {download.VERSION} for", "MicroPython for")  # The test gives the image.
    return re.sub(r"\d+", "N", re.sub(r"[0-9a-f]{16}", "ID", line))


def test_documented_versions(repo_root) -> None:
    text = (repo_root / "docs" / "first-flash.md").read_text()
    app, micropython = ".".join(map(str, app_version())), download.VERSION.removeprefix("v")
    assert set(re.findall(r"app (\d\S+)", text)) == {app}
    assert set(re.findall(r"MicroPython v?(\d\S+)", text)) == {micropython}


def test_a_bare_board_becomes_a_pod(
    micropython, repo_root, tmp_path, tool, stock, boot_loader, micropython_image
) -> None:
    pod = VirtualPod(tmp_path / "pod", firmware=stock, link="socket")
    with pod, BareBoard(boot_loader.url, pod.url) as board:
        ran = tool(board.url).good("flash", "--firmware", str(micropython_image))
        assert "app 0.1.0" in ran.out
        assert f"retropod --port {board.url} mount" in ran.out
        again = tool(board.url)("flash")
        as_documented(repo_root, board.url, 0, ran.err.splitlines() + ran.out.splitlines())
        as_documented(repo_root, board.url, 1, again.err.splitlines())
        for step in ("identifying the chip", "writing MicroPython", "comparing checksums", "testing", "done in"):
            assert step in ran.err
        info = tool(board.url).good("info", "--json").objects[0]
    assert info["pod"]["chip"] == "lsm6dso32"
    assert info["status"]["clock_state"] == "synced"
    assert not info["faults"]
    assert boot_loader.holds(micropython_image.read_bytes(), ESP32.offset)


def test_a_board_without_the_stub_flasher(micropython, tmp_path, tool, stock, boot_loader, micropython_image) -> None:
    """The boot loader of the chip erases the flash as a region."""
    pod = VirtualPod(tmp_path / "pod", firmware=stock, link="socket")
    with pod, BareBoard(boot_loader.url, pod.url) as board:
        ran = tool(board.url).good("flash", "--no-stub", "--json", "-v", "--firmware", str(micropython_image))
    assert ran.objects[0]["erased"]
    assert "--no-stub erase-region 0x0 0x400000" in ran.err
    assert boot_loader.holds(micropython_image.read_bytes(), ESP32.offset)


def starts(flash: Path) -> bytes:
    """Return the file `/starts` from a flash that is in use, or no bytes."""
    data = flash.read_bytes()
    system = LittleFS(context=UserContext(len(data)), block_size=4096, block_count=len(data) // 4096, mount=False)
    system.context.buffer[:] = data
    with contextlib.suppress(LittleFSError, OSError):
        system.mount()
        with system.open("/starts", "rb") as file:
            return file.read()
    return b""


def test_a_program_that_was_stopped_runs_again_after_an_error(micropython, tmp_path, tool) -> None:
    """It does not answer like a pod, so it is interrupted. The command then ends, because it cannot ask a user."""
    firmware = tmp_path / "firmware"
    firmware.mkdir()
    (firmware / "main.py").write_text(
        "f = open('/starts', 'a')\nf.write('x')\nf.close()\nimport time\nwhile True: time.sleep(1)\n"
    )
    with VirtualPod(tmp_path / "pod", firmware=firmware) as pod:
        ran = tool(pod.url)("flash")
        assert ran.code == 1
        assert "a board with MicroPython" in ran.err
        assert until(lambda: starts(tmp_path / "pod" / "flash.bin") == b"xx")


def test_options_that_exclude_each_other(tool, micropython_image) -> None:
    for options in (["--yes"], ["--repair"], ["--firmware", str(micropython_image)]):
        ran = tool("socket://127.0.0.1:9")("flash", "--keep-micropython", *options)
        assert ran.code == 2
        assert f"{options[0]} and --keep-micropython exclude each other" in ran.err
    assert tool("socket://127.0.0.1:9")("flash", "--force").code == 2


def test_a_bad_image_leaves_the_flash_alone(tool, boot_loader, micropython_image) -> None:
    good = micropython_image.read_bytes()
    micropython_image.write_bytes(good[:-1])
    ran = tool(boot_loader.url)("flash", "--firmware", str(micropython_image))
    assert ran.code == 5
    assert "hint:" in ran.err
    assert boot_loader.holds(b"\xff" * len(good), ESP32.offset)


def test_a_board_that_runs_micropython_is_not_erased_unasked(micropython, tmp_path, tool, stock) -> None:
    with VirtualPod(tmp_path / "pod", firmware=stock) as pod:
        ran = tool(pod.url)("flash")
        assert ran.code == 1
        assert "a board with MicroPython" in ran.err
        assert "--keep-micropython" in ran.err
        kept = tool(pod.url).good("flash", "--keep-micropython", "--json").objects[0]
    assert not kept["erased"]
    assert {test["item"]: test["verdict"] for test in kept["tests"]}["sensor"] == "pass"


def test_nothing_answers(tool) -> None:
    ran = tool("socket://127.0.0.1:9")("flash")
    assert ran.code == 3
    assert "hint:" in ran.err
