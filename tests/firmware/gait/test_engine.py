"""Six-axis engine: equal on two runtimes, within 32 bits, without the heap, for every block size."""

import ast
import itertools
import os
import re
import subprocess
from array import array
from pathlib import Path

import numpy as np
import pytest

from checked.arithmetic import Checked, Overflow, checker, wrapped
from checked.runtime import gait
from retropod import sources
from retropod.build import folded
from retropod.score import engine_runner
from retropod.score.engine_runner import IDENTITY, EngineJob, EngineSamples
from shared import scenario

RATE_HZ = 208.0
G = 9.80665
HALF_TURN, UPSIDE = np.diag([-1, -1, 1]), np.array([[0, -1, 0], [-1, 0, 0], [0, 0, -1]])  # shoe = matrix * chip
CONSTANT = [0, 0, 1024, 0, 0, 0]  # a shoe at rest, in counts
RECORDINGS = ["uci_2023_08_30_exp200", "vicon_2017-11-22-11-26-46", "voisard_1-1_lf"]


def _counts(recording):
    both = np.hstack([recording.acc / (G * 976e-6), np.degrees(recording.gyr) / 70e-3])
    return np.clip(np.rint(both), -32767, 32767).astype("<i2")


def _strides(counts, check, rate_hz=RATE_HZ, block=16, gaps=()):
    """Return stride records from CPython."""
    found = []
    with gait(sources.firmware_dir(), check) as load:
        slots = load("pod.gait.stride")
        engine = load("pod.gait.engine").Engine(round(rate_hz * 1000), 976, 70000)
        engine.set_mount(IDENTITY, slots.MOUNT_GIVEN)
        record = array("i", bytes(4 * slots.LENGTH))
        data = bytearray(counts.astype("<i2").tobytes())
        for at in range(0, len(counts), block):
            for first, lost in gaps:
                if at <= first < at + block:
                    engine.gap(lost)
            engine.feed(data, at * 12, min(block, len(counts) - at))
            while engine.pop_into(record):
                found.append(list(record))
    return found


def _on_pod(counts, rate_hz=RATE_HZ, block=16):
    """Return stride records from viper on MicroPython."""
    jobs = [EngineJob(EngineSamples("samples", rate_hz, counts.astype("<i2")), block=block)]
    return [list(stride["slots"].values()) for stride in engine_runner.run(jobs, sources.firmware_dir())[0]]


@pytest.fixture(params=["walk", "backward-run", "sideways", "stairs-down"])
def walked(request):
    return _counts(scenario(request.param, RATE_HZ, 5))[: int(16 * RATE_HZ)]


def test_the_transform_notices_what_does_not_fit():
    kernel = "@micropython.viper\ndef f(x):\n    y = x * x\n    y -= 1\n    return -y\n"
    source = kernel + "\ndef plain(x):\n    return x * x\n"
    tree = ast.fix_missing_locations(Checked().visit(ast.parse(source)))
    tree.body[0].decorator_list = []
    space = {"fits": checker("kernel.py")}
    exec(compile(tree, "kernel.py", "exec"), space)
    assert space["f"](46340) == 1 - 46340**2
    assert space["plain"](1 << 20) == 1 << 40
    with pytest.raises(Overflow, match=r"kernel.py:3"):
        space["f"](46341)
    assert wrapped((1 << 31) + 5) == 5 - (1 << 31)


def test_checked_arithmetic_gives_what_viper_gives(walked, micropython):
    found = _strides(walked, check=True)
    assert len(found) >= 6
    assert found == _on_pod(walked)


@pytest.mark.parametrize("name", RECORDINGS)
@pytest.mark.parametrize("rate_hz", [416.0, 208.0, 104.0])
def test_both_runtimes_agree_on_recordings(name, rate_hz, dev_recordings, micropython):
    samples = engine_runner.counts(dev_recordings / f"{name}.npz", rate_hz, engine_runner.ChipScale())
    middle = samples.counts[len(samples.counts) // 3 :][: int(12 * samples.rate_hz)]
    found = _strides(middle, check=True, rate_hz=samples.rate_hz)
    assert len(found) >= 3
    assert found == _on_pod(middle, samples.rate_hz)


@pytest.mark.parametrize("limit", [32767, 12000])
@pytest.mark.parametrize("rate_hz", [104.0, 416.0, 833.0])
def test_random_counts_fit_32_bits(limit, rate_hz):
    noise = np.random.default_rng(limit).integers(-limit - 1, limit + 1, (4000, 6))
    _strides(noise, check=True, rate_hz=rate_hz)


def test_full_scale_between_two_rests_fits_32_bits():
    """The largest sums of a stride: every axis at full scale for the longest stride."""
    random = np.random.default_rng(7)
    parts = []
    for _ in range(24):
        parts.append(np.tile(CONSTANT, (70, 1)))
        held = np.where(random.random(6) < 0.5, -32768, 32767) * (random.random(6) < 0.7)
        parts.append(np.tile(held, (random.integers(40, 240), 1)))
    _strides(np.vstack(parts), check=True, rate_hz=104.0)


def test_full_scale_over_a_turned_mount_fits_32_bits():
    """The matrix rotates all three axes onto one."""
    third = round(16384 / 3**0.5)
    matrix = (third, third, third, 11585, -11585, 0, 6689, 6689, -13378)
    with gait(sources.firmware_dir(), True) as load:
        engine = load("pod.gait.engine").Engine(208000, 976, 70000)
        engine.set_mount(matrix, 1)
        for sign in (32767, -32768):
            engine.feed(bytearray(np.full((64, 6), sign, "<i2").tobytes()), 0, 64)


@pytest.mark.parametrize("block", [1, 7, 64])
def test_blocks_of_any_size_give_the_same_strides(block, micropython):
    counts = _counts(scenario("mixed", RATE_HZ, 5))
    found = _on_pod(counts, block=16)
    assert len(found) > 20
    assert _on_pod(counts, block=block) == found


def test_samples_may_begin_in_a_stride(micropython):
    counts = _counts(scenario("walk", RATE_HZ, 5))
    for at in (500, 553, 606, 659):
        found = _strides(counts[at : at + 800], check=True)
        assert found
        assert found == _on_pod(counts[at : at + 800])


def test_nothing_is_allocated(tmp_path, micropython):
    samples = tmp_path / "samples.bin"
    _counts(scenario("demo", RATE_HZ, 5)).tofile(samples)
    script = Path(__file__).parent / "onpod" / "run_locked.py"
    done = subprocess.run(
        [str(micropython), "-X", "heapsize=16m", str(script), str(samples), "208000", "70000"],
        env={**os.environ, "MICROPYPATH": folded.folders().search_path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    strides, stayed = map(int, done.stdout.split())
    assert strides > 10
    assert stayed <= 64 * strides


def test_the_state_stays_under_12_kb():
    with gait(sources.firmware_dir(), False) as load:
        mode = load("pod.gait.sixaxis").SixAxis(833333, 976, 70000, None)
    buffers = [v for v in vars(mode).values() if isinstance(v, (array, bytearray))]
    assert len(buffers) >= 6
    assert sum(memoryview(b).nbytes for b in buffers) < 12_000


@pytest.mark.parametrize("module", ["_kernel", "_strapdown", "_events", "_describe", "accel_state", "stride"])
def test_each_slot_has_one_name_and_slots_ascend(module):
    text = (sources.firmware_dir() / "pod" / "gait" / f"{module}.py").read_text()
    slots = re.findall(r"^[A-Z]\w* = const\((\d+)\)", text[: text.index("\nLENGTH = ") + 25], re.MULTILINE)
    assert len(slots) > 15
    assert all(int(slot) < int(following) for slot, following in itertools.pairwise(slots))


def _cube_rotations():
    """Yield the 24 orientations of a chip parallel to the board, as matrices chip -> shoe."""
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1, -1), repeat=3):
            matrix = np.zeros((3, 3), int)
            matrix[range(3), order] = signs
            if round(np.linalg.det(matrix)) == 1:
                yield matrix


@pytest.mark.parametrize("name", ["uci_2023_08_23_exp300", "vicon_2017-11-22-11-26-46"])
def test_the_24_cube_rotations_give_identical_strides(name, dev_recordings, micropython):
    samples = engine_runner.counts(dev_recordings / f"{name}.npz", RATE_HZ, engine_runner.ChipScale())
    jobs = []
    for mount in _cube_rotations():
        chip = samples.counts.reshape(-1, 2, 3) @ mount  # inverse rotation: the readings of the chip
        turned = EngineSamples(samples.name, samples.rate_hz, chip.reshape(-1, 6).astype("<i2"))
        jobs.append(EngineJob(turned, matrix=[int(v) * 16384 for v in mount.ravel()]))
    assert len(jobs) == 24
    found = engine_runner.run(jobs, sources.firmware_dir())
    assert len(found[0]) > 20
    assert all(strides == found[0] for strides in found)


@pytest.mark.parametrize("turn", [HALF_TURN, UPSIDE])
def test_a_mount_changed_while_walking_turns_the_learned_bias_along(turn):
    """Setting another mount in mid-stride drops that stride. The next are as with that mount from the start."""
    recording = scenario("walk", RATE_HZ, 11)
    counts, bias = _counts(recording), np.array([0, 0, 0, 60, -90, 40])  # 4.2, -6.3, 2.8 dps of the chip
    truth = recording.strides[9]
    at = int((truth.t0_s + truth.t1_s) / 2 * RATE_HZ)
    chip = np.vstack([counts[:at], (counts[at:].reshape(-1, 2, 3) @ turn).reshape(-1, 6)]) + bias
    found, plain = [], [one for one in _strides(counts + bias, check=False) if one[1] > at]
    with gait(sources.firmware_dir(), True) as load:
        slots = load("pod.gait.stride")
        engine = load("pod.gait.engine").Engine(round(RATE_HZ * 1000), 976, 70000)
        record = array("i", bytes(4 * slots.LENGTH))
        for first, last, matrix in ((0, at, np.eye(3, dtype=int)), (at, len(chip), turn)):
            engine.set_mount([int(v) * 16384 for v in matrix.ravel()], slots.MOUNT_GIVEN)
            for k in range(first, last):
                engine.feed(chip[k].astype("<i2").tobytes(), 0, 1)
                while engine.pop_into(record):
                    found.append(list(record))
    assert not any(one[1] < at < one[2] for one in found)
    later = [one for one in found if one[1] > at]
    assert len(later) >= len(plain) - 1 > 10
    pairs = [(one, min(plain, key=lambda other, one=one: abs(other[2] - one[2]))) for one in later]
    assert all(abs(one[2] - other[2]) <= 4 and abs(one[9] - other[9]) < 20 for one, other in pairs)
    assert {one[7] for one in later} == {slots.FORWARD}
    assert not any(one[slots.FLAGS] & slots.FLAG_GAP for one in later)  # nothing was lost
