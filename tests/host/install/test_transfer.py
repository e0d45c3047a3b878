"""Transfer of files to a board over its REPL, and the plan that avoids most of it."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.bench_install import measured
from e2e.boards import repl
from retropod.board import slot_plan, slots, stopped, transfer
from retropod.board.mpremote import PodError
from retropod.board.transfer import SentFile
from retropod.build import image
from retropod.build.image import BuiltApp, PodFile
from retropod.virtual.pod import VirtualPod

_READ = """
import json, hashlib, binascii
print(json.dumps([binascii.hexlify(hashlib.sha256(open(name, "rb").read()).digest()).decode() for name in {names!r}]))
"""
FILES = [
    SentFile("/empty", b""),
    SentFile("/one", b"x"),
    SentFile("/every byte", bytes(range(256))),
    SentFile("/text", b"import micropython\n" * 900),
    SentFile("/random", random.Random(1).randbytes(10_000)),
]


@pytest.fixture
def pod(tmp_path: Path, micropython: Path) -> Iterator[VirtualPod]:
    """A board that runs MicroPython and nothing else."""
    (tmp_path / "stock").mkdir()
    with VirtualPod(tmp_path / "pod", firmware=tmp_path / "stock") as pod:
        yield pod


@pytest.mark.parametrize("receiver", ["import deflate, io", "raise ImportError"], ids=["deflate", "without deflate"])
def test_files_arrive_unchanged(pod: VirtualPod, receiver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "_RECEIVER", transfer._RECEIVER.replace("import deflate, io", receiver))
    counts: list[int] = []
    with repl(pod.url) as board, board.session():
        transfer.send(board, FILES, counts.append)
        there = board.ask(_READ.format(names=[file.path for file in FILES]))
    assert there == [PodFile("", file.data).sha256 for file in FILES]
    assert counts == sorted(counts)
    assert counts[-1] == sum(len(file.data) for file in FILES)


def test_bytes_on_the_line(pod: VirtualPod) -> None:
    """Text is compressed. Bytes that do not compress grow by a third in base64."""
    text, noise = FILES[3], FILES[4]

    def send(file: SentFile) -> int:
        def work(url: str) -> None:
            with repl(url) as board:
                transfer.send(board, [file])

        return measured(pod, work).sent

    sent = [send(text), send(noise)]
    assert sent[0] < len(text.data) / 4
    assert sent[1] < len(noise.data) * 1.34 + 2500


def test_an_error_of_the_file_system_is_named(pod: VirtualPod) -> None:
    with repl(pod.url) as board, pytest.raises(PodError) as caught:
        transfer.send(board, [SentFile("/no/such/folder", b"x")])
    assert caught.value.errno == 2
    assert "ENOENT" in caught.value.message


def test_a_code_line_fits_the_memory_of_a_board() -> None:
    lines = [code for code, _ in transfer._programs(FILES, inflates=True)]
    assert max(map(len, lines)) <= transfer._CODE_CHARS
    assert len(lines) < 6


def test_a_plan_sends_only_files_that_the_pod_does_not_hold() -> None:
    files = [PodFile(name, name.encode()) for name in ("same", "moved", "kept", "new")]
    app = BuiltApp((1, 0, 0), files, [])
    digest = {file.name: file.sha256 for file in files}
    layout = slots.SlotLayout("app_a", ["app_a"], {}, False, "")
    running = {"same": digest["same"], "old name": digest["moved"], "new": "another"}
    found = slot_plan.make_plan(app, layout, running, {"kept": digest["kept"], "same": "another"})
    assert [file.path for file in found.sent] == ["/app_b/new"]
    assert found.copied == [("/app_a/same", "/app_b/same", 4), ("/app_a/old name", "/app_b/moved", 5)]
    assert found.size == 3 + 4 + 5


def test_the_pod_copies_the_modules_of_a_pack_that_are_equal(pod: VirtualPod) -> None:
    noise = random.Random(2)
    modules = [PodFile(f"pod/m{number}.mpy", noise.randbytes(3000 + number)) for number in range(6)]
    changed = [PodFile(file.name, noise.randbytes(500)) if file.name == "pod/m3.mpy" else file for file in modules]
    alone = PodFile("packs.mpy", b"loader")
    old, new = image.packed([alone, *modules]), image.packed([alone, *changed])
    layout = slots.SlotLayout("app_a", ["app_a"], {}, False, "")
    with repl(pod.url) as board, board.session():
        board.exec("import os\nos.mkdir('/app_a')\nos.mkdir('/app_b')")
        transfer.send(board, [SentFile(f"/app_a/{file.name}", file.data) for file in old])
        running = slots.read_digests(board, "app_a")
        work = slot_plan.with_module_copies(
            board, slot_plan.make_plan(BuiltApp((1, 0, 0), new, []), layout, running, {}), layout, running
        )
        [pack] = work.sent
        assert [(copy.source, copy.size) for copy in pack.copies] == [
            ("/app_a/pod.pack", sum(len(modules[number].data) for number in equal)) for equal in ((0, 1, 2), (4, 5))
        ]
        assert pack.size < 700
        counts: list[int] = []
        transfer.send(board, work.sent, counts.append)
        assert counts[-1] == len(pack.data)
        assert slots.read_digests(board, "app_b") == {"pod.pack": PodFile("", pack.data).sha256}


def test_a_pack_that_is_damaged_on_the_pod_is_sent(pod: VirtualPod) -> None:
    layout = slots.SlotLayout("app_a", ["app_a"], {}, False, "")
    [pack] = image.packed([PodFile("packs.mpy", b""), PodFile("pod/m.mpy", bytes(3000))])[1:]
    with repl(pod.url) as board, board.session():
        board.exec("import os\nos.mkdir('/app_a')")
        for damaged in (b"", b"no number\n", b"20\n\nm 0 9000\n", pack.data[:-1], pack.data[:-1] + b"!"):
            transfer.send(board, [SentFile("/app_a/pod.pack", damaged)])
            work = slot_plan.Plan([SentFile("/app_b/pod.pack", pack.data)], [])
            assert slot_plan.with_module_copies(board, work, layout, {"pod.pack": "x"}) == work


def test_a_lost_host_restarts_the_board(pod: VirtualPod, monkeypatch: pytest.MonkeyPatch) -> None:
    """The board's watchdog runs from the first piece of code on."""
    monkeypatch.setattr(stopped, "LOST_S", 1.0)
    with repl(pod.url) as board, pytest.raises(RuntimeError, match="gone"), stopped.stopped(board):
        monkeypatch.setattr(board, "restart", lambda: None)  # The cable is pulled.
        raise RuntimeError("gone")
    starts = pod.log_text().count("the processor stopped")
    assert _wait(lambda: pod.log_text().count("the processor stopped") > starts)


def _wait(true) -> bool:
    import time

    end = time.monotonic() + 60
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()
