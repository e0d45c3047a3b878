"""Waiting for the first Hello of a pod: slow starts, ports that disappear, prompts."""

import shutil
import threading
from pathlib import Path

import pytest

from bench.bench_install import measured
from e2e.boards import wait_for_hello
from retropod.client.refusals import AtPrompt
from retropod.errors import NoPod
from retropod.virtual import builtapp
from retropod.virtual.pod import VirtualPod

SLOW_S = 15.0
_SLOW_BOOT = f"import time\ntime.sleep({SLOW_S})\n"
_FRAME_MAX = 64


def test_a_pod_that_takes_15_s_to_answer(tmp_path: Path, micropython: Path) -> None:
    """The host sends few requests in this time, so that they all fit into the 259 bytes of the pod's ring."""
    firmware = Path(shutil.copytree(builtapp.folder(), tmp_path / "firmware"))
    (firmware / "boot.py").write_text(_SLOW_BOOT)
    with VirtualPod(tmp_path / "pod", firmware=firmware) as pod:
        cost = measured(pod, lambda url: wait_for_hello(url, 40))
    assert cost.seconds > SLOW_S - 1
    assert cost.sent < (cost.seconds / 0.5 + 1) * _FRAME_MAX / 2


def test_a_limit_is_stated_with_a_remedy(tmp_path: Path, micropython: Path) -> None:
    with VirtualPod(tmp_path / "pod") as pod:
        pod.kill()
        with pytest.raises(NoPod, match="has not answered within 2 s") as caught:
            wait_for_hello(pod.url, 2)
    assert "doctor" in caught.value.hint


def test_a_port_that_appears_late(tmp_path: Path, micropython: Path) -> None:
    path = tmp_path / "tty"
    with VirtualPod(tmp_path / "pod") as pod:
        late = threading.Timer(1.5, lambda: path.symlink_to(pod.url))
        late.start()
        assert wait_for_hello(str(path), 20).chip == "lsm6dso32"
        late.join()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pyserial leaks a socket that was reset
def test_a_port_that_vanishes_for_a_moment(tmp_path: Path, micropython: Path) -> None:
    with VirtualPod(tmp_path / "pod", link="socket") as pod:
        first = wait_for_hello(pod.url, 20)

        def vanish() -> None:
            pod._port._hang_up()
            pod.reset()

        late = threading.Timer(1.0, vanish)
        late.start()
        again = wait_for_hello(pod.url, 20, wanted=lambda hello: hello.boot_count > first.boot_count)
        late.join()
    assert again.boot_count == first.boot_count + 1


def test_a_prompt_is_reported_early(tmp_path: Path, micropython: Path) -> None:
    (tmp_path / "stock").mkdir()
    stock = VirtualPod(tmp_path / "pod", firmware=tmp_path / "stock")
    with stock as pod, pytest.raises(AtPrompt):  # at the limit it would be NoPod
        wait_for_hello(pod.url, 120)
