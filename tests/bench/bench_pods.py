"""Two pods at once: how well the feet are compared, and whether their steps keep their order."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.registry import NotMeasured, Row, figures
from retropod.client.pod import Pod
from retropod.errors import OperationFailed
from retropod.replay.replay import Setup, prepare
from retropod.transport.serial import SerialTransport
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.pod import VirtualPod
from retropod.virtual.runtime import find_runtime
from retropod.virtual.source import Source

_MOVEMENTS = ("walk", "run", "backward-walk", "backward-run")
_SESSION_S = 50.0
_RESET_AT = 12  # stride of the right pod at which it restarts
_OFFSET_S = 0.02
_PPM = {"left": 100, "right": -100}
_MODEL_HZ = 416.0


@figures("pair_contact_difference_error_ms_median", "pair_contact_difference_error_ms_max", "pair_steps_in_order_share")
def bench_pods() -> Iterator[Row]:
    try:
        find_runtime()
    except OperationFailed as error:
        raise NotMeasured(error.message) from error
    errors_ms: list[float] = []
    ordered: list[bool] = []
    for seed, movement in enumerate(_MOVEMENTS, 1):
        for offset_s in (_OFFSET_S, -_OFFSET_S):
            lines = _session(movement, seed, offset_s)
            errors_ms += [1000 * abs(shown_s + offset_s) for shown_s in _differences(lines)]
            ordered += _in_order(lines)
    if len(errors_ms) < len(_MOVEMENTS) or not ordered:
        raise NotMeasured(f"only {len(errors_ms)} sessions compared the feet")
    method = (
        f"{len(errors_ms)} sessions of {_SESSION_S:.0f} s of the gait model, {', '.join(_MOVEMENTS)}: clocks 200 ppm "
        "apart, contact times 20 ms apart, the right pod restarts once"
    )
    yield "pair_contact_difference_error_ms_median", statistics.median(errors_ms), "ms", method
    yield "pair_contact_difference_error_ms_max", max(errors_ms), "ms", method
    share = sum(ordered) / len(ordered)
    yield "pair_steps_in_order_share", share, "", f"{len(ordered)} pairs of lines outside of the restart; {method}"


def _session(movement: str, seed: int, offset_s: float) -> list[dict[str, Any]]:
    """Return the lines of `retropod live --pods` for one session."""
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        pods = {side: _started(running, folder / side, side, movement, seed, offset_s) for side in _PPM}
        command = [sys.executable, "-c", "from retropod.cli import main; main()", "live", "--json", "--pods",
                   ",".join(pod.url for pod in pods.values()), "--seconds", str(_SESSION_S)]  # fmt: skip
        environment = os.environ | {"RETROPOD_RUNS": str(folder / "store")}
        live = running.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True))
        for pod in pods.values():
            pod.go()
        return list(_watched(live, pods["right"]))


def _started(running: ExitStack, folder: Path, side: str, movement: str, seed: int, offset_s: float) -> VirtualPod:
    second_s = offset_s if side == "right" else None
    recording = scenario(movement, _MODEL_HZ, seed, duration_s=_SESSION_S + 30.0, second_offset_s=second_s)
    pod = VirtualPod(folder, Source.from_movement(recording), hold="still", clock_ppm=_PPM[side])
    running.enter_context(pod)
    with Pod(SerialTransport(pod.url)) as client:
        prepare(client, Setup())
        client.change("side", side)
    return pod


def _watched(live: "subprocess.Popen[str]", right: VirtualPod) -> Iterator[dict[str, Any]]:
    """Yield the lines, and restart the right pod at one of its strides."""
    reset = False
    assert live.stdout
    for text in live.stdout:
        line: dict[str, Any] = json.loads(text)
        yield line
        if not reset and _is_stride(line) and line["foot"] == "right" and line["number"] >= _RESET_AT:
            reset = True
            right.reset()
            right.go()


def _is_stride(line: dict[str, Any]) -> bool:
    return line["type"] == "stride"


def _differences(lines: Sequence[dict[str, Any]]) -> list[float]:
    """Return the contact time of the left foot minus that of the right foot, as the session shows it, in s."""
    shown = [line["contact_difference_s"]["value"] for line in lines if line["type"] == "feet"]
    return [value for value in shown if value is not None]


def _in_order(lines: Sequence[dict[str, Any]]) -> list[bool]:
    """Return for each pair of successive strides whether they are of both feet, except while the right pod is away."""
    restart = next((at for at, line in enumerate(lines) if line["type"] == "restarted"), len(lines))
    right = [at for at, line in enumerate(lines) if _is_stride(line) and line["foot"] == "right"]
    before = max((at for at in right if at < restart), default=0)
    after = min((at for at in right if at > restart), default=len(lines))
    found: list[bool] = []
    for part in (lines[: before + 1], lines[after:]):
        feet = [line["foot"] for line in part if _is_stride(line)]
        found += [one != other for one, other in pairwise(feet)]
    return found
