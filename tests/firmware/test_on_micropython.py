"""Tests that need the pod's runtime: the driver, the recorder on a real littlefs, allocation."""

import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np

import runtimes
from retropod.build import folded
from retropod.virtual.child import ONPOD
from retrowire import codec

HERE = Path(__file__).resolve().parent
RUNNER = HERE.parent / "protocol" / "onpod_runner.py"


def on_unix(micropython: Path, root: Path, script: Path, *arguments: str | Path, before: str = "") -> str:
    """Run a script that may import the pod's code, the wire's and the virtual chips; its output."""
    path = [HERE / "onpod", root / "tests" / "host" / "virtual" / "onpod", ONPOD]
    done = subprocess.run(
        [micropython, "-X", "heapsize=32m", script, *arguments],
        env={**os.environ, "MICROPYPATH": ":".join(map(str, [*path, folded.folders().search_path]))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    return done.stdout


def test_driver(micropython: Path, repo_root: Path, tmp_path: Path) -> None:
    ramp = tmp_path / "ramp.bin"
    np.repeat(np.arange(20_000, dtype="<i2"), 3).tofile(ramp)
    start = tmp_path / "start.py"
    start.write_text(f"import rig\nrig.PATH = {str(ramp)!r}\n")
    output = on_unix(micropython, repo_root, RUNNER, repo_root / "protocol", start, HERE / "onpod" / "pod_driver.py")
    assert re.search(r"^(1\d|2\d) passed, 0 failed$", output, re.MULTILINE), output


def test_power_cut_at_every_eighth_write(micropython: Path, repo_root: Path) -> None:
    """`make bench` cuts at every one, and at a thousand lengths drawn by chance."""
    output = on_unix(micropython, repo_root, HERE / "onpod" / "run_powercut.py", "8", "120")
    cuts = re.search(r"^cuts (\d+) writes (\d+) twice 60$", output, re.MULTILINE)
    assert cuts, output[-3000:]
    assert int(cuts[2]) >= 700 and int(cuts[1]) >= 5 * int(cuts[2]) // 8 + 120


def test_a_long_answer_does_not_begin_again(micropython: Path, repo_root: Path) -> None:
    """The digest of a large run on a busy pod, asked for again under the same number."""
    assert on_unix(micropython, repo_root, HERE / "onpod" / "run_long_answer.py").splitlines()[-1] == "[0]"


def test_a_write_of_raw_samples_that_fails_ends_the_run(micropython: Path, repo_root: Path) -> None:
    found = json.loads(on_unix(micropython, repo_root, HERE / "onpod" / "run_failing_flash.py").splitlines()[-1])
    assert found["full"] and found["run"] == 0
    assert len(found["faults"]) == 1 and found["faults"][0].startswith("run 3")
    assert found["refused"] == [codec.value("error", "storage_full"), "run 3 ended: full flash"]


def test_a_stride_allocates_nothing(micropython: Path, repo_root: Path) -> None:
    found = json.loads(on_unix(micropython, repo_root, HERE / "onpod" / "run_alloc.py").splitlines()[-1])
    assert found["strides"] == 40 and found["blocks"] >= 4


def test_a_stride_allocates_nothing_with_small_integers(repo_root: Path, tmp_path: Path) -> None:
    folders = folded.folders()
    folder = runtimes.stage(tmp_path, [folders.firmware / "pod", folders.wire / "retrowire"])
    output, _ = runtimes.wasm(folder, (HERE / "onpod" / "run_alloc.py").read_text())
    found = json.loads(output.splitlines()[-1])
    assert found["strides"] == 40 and found["blocks"] >= 4


def test_samples_allocate_nothing(micropython: Path, repo_root: Path) -> None:
    found = json.loads(on_unix(micropython, repo_root, HERE / "onpod" / "run_alloc_samples.py").splitlines()[-1])
    assert found["lost"] == 0 and found["samples"] > 3000
    assert "pod.sampling.drain" in found["modules"] and "pod.sampling.sensorstart" not in found["modules"]
    # once in 31 ms the watch for handling ends a chunk, once in 2 s a window of looks ends; a sample itself is free
    assert found["bytes_per_drain"] < 16, found


def test_an_iteration_without_an_action_allocates_nothing(micropython: Path, repo_root: Path) -> None:
    """Button, light, cue, states: some twenty times a second, all day long."""
    found = json.loads(on_unix(micropython, repo_root, HERE / "onpod" / "run_alloc_life.py").splitlines()[-1])
    assert found["turns"] == 400 and found["strides"] == 20 and found["changes"] > 20
