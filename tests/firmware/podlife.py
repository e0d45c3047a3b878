"""Helpers for tests of the whole firmware: connect to a virtual pod, read its runs, add a fault to its firmware."""

import hashlib
import io
import json
import shutil
import time
import tokenize
from collections.abc import Callable
from pathlib import Path
from typing import Any

import commands
from retropod.build import image
from retropod.client import wire
from retropod.client.pod import Pod
from retropod.transport.serial import SerialTransport
from retropod.virtual import builtapp
from retropod.virtual.pod import VirtualPod
from retrowire import runfile

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def client(pod: VirtualPod) -> Pod:
    return Pod(SerialTransport(pod.url))


def until(condition: Callable[[], Any], timeout_s: float = 60.0) -> Any:
    """Wait until `condition` returns a true value, and return it."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"the condition was not met within {timeout_s} s")


def stored(pod: Pod, run: int) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """Return header values and all messages of a run on the pod, after a check of its digest."""
    data = b"".join(piece for _, piece in pod.read_run(run, 0, 1 << 24))
    if run != pod.status().run:
        assert pod.digest(run) == (len(data), hashlib.sha256(data).digest())
    header = runfile.read_header(data)
    file = io.BytesIO(data)
    file.seek(header["length"])
    scan = runfile.scan(file.read, header["length"])
    messages: list[tuple[str, Any]] = []
    for kind, _, _, payload in scan:
        message = runfile.MESSAGE[kind]
        size = len(payload) if kind == runfile.RAW else wire.codec.size(message)
        for at in range(0, len(payload), size):
            decoded = wire.layouts()[message].decode(payload[at : at + size])
            messages.append((decoded.type, decoded))
    assert scan.damaged == []
    return header["values"], messages


def mpremote(pod: VirtualPod, *steps: str) -> str:
    return commands.mpremote(pod.url, *steps).strip()


def with_fault(folder: Path, module: str, line: str) -> Path:
    """Append `line` to one module of the built app, with the short names of the build. Return the folder of the app."""
    app = image.app_sources()
    dotted = "pod." + module.removesuffix(".py").replace("/", ".")
    path = app.moved.get(dotted, dotted).replace(".", "/") + ".py"
    tokens = tokenize.generate_tokens(io.StringIO(line).readline)
    short = [(kind, app.short.get(text, text) if kind == tokenize.NAME else text) for kind, text, *_ in tokens]
    file = image.compiled(f"{app.texts[path]}\n\n{tokenize.untokenize(short)}\n", path, builtapp.ARCHITECTURE)
    firmware = Path(shutil.copytree(builtapp.folder(), folder / "firmware"))
    (firmware / file.name).write_bytes(file.data)
    return firmware


def write_settings(pod: VirtualPod, values: dict[str, Any]) -> None:
    """Write the file of the settings as an earlier version does, and restart."""
    text = json.dumps(values)
    mpremote(pod, "exec", f"f = open('/settings.json', 'w'); f.write({text!r}); f.close()")
    mpremote(pod, "resume", "reset")
