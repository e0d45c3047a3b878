"""Time and wire bytes of `install` and `update` over a line of 115,200 baud."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bench.registry import NotMeasured, Row, figures
from retropod.board.boardport import BoardPort
from retropod.build import image
from retropod.build.image import BuiltApp, PodFile
from retropod.errors import OperationFailed
from retropod.install import install, post_install, update
from retropod.virtual.pod import VirtualPod
from retropod.virtual.runtime import find_runtime

BAUD = 115_200


class Cost(NamedTuple):
    """Seconds of wall time, and bytes on the wire from host to pod and from pod to host."""

    seconds: float
    sent: int
    received: int


class CountedPort:
    """The host's end of a virtual pod's cable, with its bytes counted in both directions."""

    def __init__(self, port: Any) -> None:
        self._port = port
        self.sent = self.received = 0

    def read(self) -> bytes:
        """Bytes from the host."""
        data: bytes = self._port.read()
        self.sent += len(data)
        return data

    def write(self, data: bytes) -> int:
        """Bytes to the host. Bytes that no host reads are counted too."""
        count: int = self._port.write(data)
        self.received += count
        return count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)


def measured(pod: VirtualPod, work: Callable[[str], object]) -> Cost:
    """Run `work(url)` on a started pod and return its cost.

    `work` is `install_until_hello`, `update_app`, or any other function of the URL. Its errors pass through.
    """
    counted = CountedPort(pod._relay._port)
    pod._relay._port = counted
    begin = time.monotonic()
    try:
        work(pod.url)
        return Cost(time.monotonic() - begin, counted.sent, counted.received)
    finally:
        pod._relay._port = counted._port


def install_until_hello(url: str) -> None:
    """Install the app and wait for its first Hello, as `retropod install` does."""
    with BoardPort(url) as port:
        install.install(port)
        post_install.wait_for_hello(port)


def wait_for_hello(url: str) -> None:
    """Wait for the first Hello of a pod that starts."""
    with BoardPort(url) as port:
        post_install.wait_for_hello(port)


def update_app(url: str) -> None:
    """Update the app, as `retropod update` does."""
    with BoardPort(url) as port:
        update.update(port)


@figures("install_s_115200", "install_wire_bytes", "update_one_file_s_115200", "update_one_file_wire_bytes")
def bench_install() -> Iterator[Row]:
    try:
        find_runtime()
    except OperationFailed as error:
        raise NotMeasured(error.message) from error
    build = image.build
    made = build("x64")  # compiled before the clock starts
    method = f"app of {len(made.files)} files and {made.size:,} bytes, line of {BAUD:,} baud, until the first Hello"
    with tempfile.TemporaryDirectory() as folder, VirtualPod(Path(folder) / "pod", baud=BAUD) as pod:
        wait_for_hello(pod.url)
        whole = measured(pod, install_until_hello)
        image.build = with_one_more_file
        try:
            part = measured(pod, update_app)
        finally:
            image.build = build
    yield "install_s_115200", whole.seconds, "s", method
    yield "install_wire_bytes", whole.sent + whole.received, "bytes", f"{method}, both directions"
    yield "update_one_file_s_115200", part.seconds, "s", f"{method}, trial included"
    yield "update_one_file_wire_bytes", part.sent + part.received, "bytes", f"{method}, both directions"


@figures("esp32_install_s", "esp32_update_s")
def bench_esp32() -> Iterator[Row]:
    """Run both commands in processes of their own, each with an empty cache of shrunk sources."""
    try:
        find_runtime()
    except OperationFailed as error:
        raise NotMeasured(error.message) from error
    method = f"costs of an ESP32, line of {BAUD:,} baud, from the command to its end, build of the app included"
    with tempfile.TemporaryDirectory() as folder:
        stock = Path(folder) / "stock"
        stock.mkdir()
        with VirtualPod(Path(folder) / "bare", cost="esp32", installed=False, firmware=stock) as pod:
            yield "esp32_install_s", command_s(pod.url, "install"), "s", f"whole app on a bare board; {method}"
        other = with_slot(Path(folder) / "other", image.build("x64"), "pod/recorder.py")
        with VirtualPod(Path(folder) / "pod", cost="esp32", firmware=other) as pod:
            wait_for_hello(pod.url)
            yield "esp32_update_s", command_s(pod.url, "update"), "s", f"one changed module, trial included; {method}"


def command_s(port: str, command: str) -> float:
    """Run a command that must succeed, as the first one after the tool was installed. Return its wall time in s."""
    call = [sys.executable, "-c", "from retropod.cli import main; main()", "--port", port, command]
    with tempfile.TemporaryDirectory() as cache:
        begin = time.monotonic()
        done = subprocess.run(
            call, capture_output=True, text=True, timeout=180, env={**os.environ, "XDG_CACHE_HOME": cache}, check=False
        )
        seconds = time.monotonic() - begin
    if done.returncode:
        raise NotMeasured(f"{command} failed: {done.stderr.strip()}")
    return seconds


def with_slot(folder: Path, app: BuiltApp, module: str) -> Path:
    """Make the files of a flash with `app` in a slot, but with one more line in `module`."""
    text = image.app_sources().texts[module] + "\nextra = 1\n"
    changed = image.compiled(text, module, "x64")
    modules = [changed if file.name == changed.name else file for file in image.modules("x64")]
    app = app._replace(files=image.packed(modules))
    (folder / "app_a").mkdir(parents=True)
    for file in [*app.files, app.manifest]:
        (folder / "app_a" / file.name).write_bytes(file.data)
    for file in app.starters:
        (folder / file.name).write_bytes(file.data)
    (folder / "slot").write_text("app_a")
    return folder


_build = image.build


def with_one_more_file(architecture: str) -> BuiltApp:
    """Return the app with one file of 1 kB in addition."""
    made = _build(architecture)
    return made._replace(files=[*made.files, PodFile("more.bin", bytes(range(256)) * 4)])
