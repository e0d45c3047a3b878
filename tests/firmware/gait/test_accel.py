"""Accelerometer-only mode: equal on two runtimes, within 32 bits, without the heap, and its decisions on model gait."""

import itertools
import os
import subprocess
from array import array
from pathlib import Path

import numpy as np
import pytest

from bench import spots
from checked.runtime import gait
from retropod import sources
from retropod.build import folded
from retropod.score import engine_runner
from retropod.score.engine_runner import IDENTITY, ChipScale, EngineJob, EngineSamples
from shared import scenario

RATE_HZ = 208.0
G = 9.80665
LSM6DSO32, ADXL345 = 976, 3900  # micro-g per count
GAP, CLIPPED_PEAK, MOUNT_UNVERIFIED = 1, 4, 16
HALF_TURN = (-16384, 0, 0, 0, -16384, 0, 0, 0, 16384)  # about the vertical
TURNED = (9459, 9459, 9459, 11585, -11585, 0, 6689, 6689, -13377)
RECORDINGS = ["uci_2023_08_30_exp200", "vicon_2017-11-22-11-26-46", "voisard_1-1_lf"]


def _counts(recording, lsb_ug=LSM6DSO32):
    return np.clip(np.rint(recording.acc / (G * lsb_ug * 1e-6)), -32767, 32767).astype("<i2")


def _model(name, rate_hz=RATE_HZ, seed=11):
    recording = scenario(name, rate_hz, seed)
    return recording, EngineSamples(name, rate_hz, _counts(recording))


def _run(samples, **how):
    return engine_runner.run([EngineJob(samples, **how)], sources.firmware_dir())[0]


def _slots(strides):
    return [list(stride["slots"].values()) for stride in strides]


def _checked(counts, rate_hz=RATE_HZ, lsb_ug=LSM6DSO32, matrix=IDENTITY, block=16):
    """Return stride records from CPython, with the kernels limited to 32 bits."""
    found = []
    with gait(sources.firmware_dir(), True) as load:
        slots = load("pod.gait.stride")
        engine = load("pod.gait.engine").Engine(round(rate_hz * 1000), lsb_ug, 0)
        engine.set_mount(matrix, slots.MOUNT_GIVEN)
        record = array("i", bytes(4 * slots.LENGTH))
        data = bytearray(counts.astype("<i2").tobytes())
        for at in range(0, len(counts), block):
            engine.feed(data, at * 6, min(block, len(counts) - at))
            while engine.pop_into(record):
                found.append(list(record))
    return found


def _matched(recording, strides):
    """Return (truth, stride) for each labelled stride with its middle in a swing, and the number of other strides."""
    pairs, extra = [], 0
    for stride in strides:
        middle = (stride["toe_off_s"] + stride["contact_s"]) / 2
        truth = [s for s in recording.strides if s.t0_s <= middle < s.t1_s]
        if truth and truth[0] not in [t for t, _ in pairs]:
            pairs.append((truth[0], stride))
        else:
            extra += 1
    return pairs, extra


@pytest.mark.parametrize("name", ["walk", "backward-run", "sideways", "stairs-down"])
def test_checked_arithmetic_gives_what_viper_gives(name, micropython):
    _, samples = _model(name, seed=5)
    head = EngineSamples(name, RATE_HZ, samples.counts[: int(20 * RATE_HZ)])
    found = _checked(head.counts)
    assert len(found) >= 6
    assert found == _slots(_run(head))


@pytest.mark.parametrize("name", RECORDINGS)
@pytest.mark.parametrize("rate_hz", [416.0, 208.0, 104.0])
def test_both_runtimes_agree_on_recordings(name, rate_hz, dev_recordings, micropython):
    path = dev_recordings / f"{name}.npz"
    samples = engine_runner.counts(path, rate_hz, ChipScale(), gyroscope=False)
    middle = EngineSamples(
        name, samples.rate_hz, samples.counts[len(samples.counts) // 3 :][: int(12 * samples.rate_hz)]
    )
    found = _checked(middle.counts, middle.rate_hz)
    assert len(found) >= 3
    assert found == _slots(_run(middle))


@pytest.mark.parametrize("lsb_ug", [244, LSM6DSO32, ADXL345])
@pytest.mark.parametrize("rate_hz", [104.0, 416.0, 833.0])
def test_random_counts_fit_32_bits(lsb_ug, rate_hz):
    random = np.random.default_rng(lsb_ug)
    _checked(random.integers(-32768, 32768, (3000, 3)), rate_hz, lsb_ug)
    _checked(np.where(random.random((3000, 3)) < 0.5, -32768, 32767), rate_hz, lsb_ug, TURNED)


@pytest.mark.parametrize("lsb_ug", [244, LSM6DSO32, ADXL345])
@pytest.mark.parametrize("matrix", [IDENTITY, TURNED])
def test_full_scale_between_rests_fits_32_bits(lsb_ug, matrix):
    """The largest sums of a stride: every axis at full scale for the longest stride."""
    random = np.random.default_rng(7)
    rest = np.tile([0, 0, round(1e6 / lsb_ug)], (70, 1))
    parts = [rest, rest]
    for length in random.integers(30, 240, 24):
        held = np.where(random.random(3) < 0.5, -32768, 32767) * (random.random(3) < 0.7)
        parts += [np.tile(held, (length, 1)), np.tile(-held // 2, (20, 1)), rest]
    assert _checked(np.vstack(parts), 104.0, lsb_ug, matrix)


@pytest.mark.parametrize("block", [1, 7, 64])
def test_blocks_of_any_size_give_the_same_strides(block, micropython):
    _, samples = _model("mixed", seed=5)
    found = _slots(_run(samples, block=16))
    assert len(found) > 20
    assert _slots(_run(samples, block=block)) == found


def test_samples_may_begin_in_a_stride(micropython):
    """Also in a stance with its middle before the samples. Its stride then opens with the first sample."""
    _, samples = _model("walk", seed=5)
    parts = [EngineSamples(str(at), RATE_HZ, samples.counts[at : at + 800]) for at in range(500, 2500, 47)]
    found = [
        _slots(strides) for strides in engine_runner.run([EngineJob(part) for part in parts], sources.firmware_dir())
    ]
    assert all(found)
    cut = [i for i, strides in enumerate(found) if strides[0][1] == 0]
    assert cut
    assert _checked(parts[cut[0]].counts) == found[cut[0]]


def test_nothing_is_allocated(tmp_path, micropython):
    samples = tmp_path / "samples.bin"
    _model("demo", seed=5)[1].counts.tofile(samples)
    script = Path(__file__).parent / "onpod" / "run_locked.py"
    done = subprocess.run(
        [str(micropython), "-X", "heapsize=16m", str(script), str(samples), "208000", "0"],
        env={**os.environ, "MICROPYPATH": folded.folders().search_path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    strides, stayed = map(int, done.stdout.split())
    assert strides > 10
    assert stayed <= 64 * strides


def test_the_state_stays_under_12_kb():
    with gait(sources.firmware_dir(), False) as load:
        mode = load("pod.gait.accel").Accel(416667, LSM6DSO32, None)
    buffers = [v for v in vars(mode).values() if isinstance(v, (array, bytearray))]
    assert len(buffers) >= 4
    assert sum(memoryview(b).nbytes for b in buffers) < 12_000


@pytest.mark.parametrize("rate_hz", [104.0, 208.0, 416.0])
@pytest.mark.parametrize(
    ("name", "direction"),
    [("walk", "forward"), ("jog", "forward"), ("run", "forward"), ("backward-walk", "backward"),
     ("backward-jog", "backward"), ("side-left", "lateral"), ("stairs-up", "forward")],
)  # fmt: skip
def test_model_gait_is_found_and_named(name, direction, rate_hz, micropython):
    recording, samples = _model(name, rate_hz)
    pairs, extra = _matched(recording, _run(samples))
    assert len(pairs) >= 0.93 * len(recording.strides)
    assert extra == 0
    said = [stride["direction"] for _, stride in pairs]
    assert set(said) <= {direction, "unknown"}
    assert said.count("unknown") <= 0.08 * len(said)


def test_left_is_left(micropython):
    recording, samples = _model("sideways")
    pairs, _ = _matched(recording, _run(samples))
    sides = {(truth.label, stride["side"]) for truth, stride in pairs if "side" in stride}
    assert sides == {("lateral_left", "left"), ("lateral_right", "right")}


@pytest.mark.parametrize("rate_hz", [104.0, 208.0, 416.0])
@pytest.mark.parametrize("name", ["standing", "tap"])
def test_standing_gives_no_stride(name, rate_hz, micropython):
    assert _run(_model(name, rate_hz)[1]) == []


def test_a_jump_is_never_backward(micropython):
    recording, samples = _model("jump")
    strides = _run(samples)
    assert len(strides) < 0.25 * len(recording.strides)
    assert all(s["direction"] in ("unknown", "forward") for s in strides)


def test_a_stride_comes_out_within_120_ms_of_its_closing_stance(micropython):
    for name in ("walk", "run", "backward-walk"):
        strides = _run(_model(name)[1], block=1)
        assert strides
        assert max(s["emit_s"] - s["close_s"] for s in strides) <= 0.120


def _turned_24_ways(samples):
    jobs = []
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1, -1), repeat=3):
            turn = np.zeros((3, 3), int)
            turn[range(3), order] = signs
            if round(np.linalg.det(turn)) == 1:
                chip = (samples.counts.astype(int) @ turn).astype("<i2")  # shoe = turn * chip
                named = EngineSamples("turned", samples.rate_hz, chip)
                jobs.append(EngineJob(named, matrix=[int(v) * 16384 for v in turn.ravel()]))
    assert len(jobs) == 24
    return engine_runner.run(jobs, sources.firmware_dir())


def test_the_24_ways_to_mount_the_chip_give_the_same_strides(micropython):
    _, samples = _model("mixed", seed=3)
    plain = _slots(_run(samples))
    assert len(plain) > 50
    assert all(_slots(strides) == plain for strides in _turned_24_ways(samples))


@pytest.mark.parametrize("name", RECORDINGS[:2])
def test_recordings_mounted_24_ways_give_the_same_strides(name, dev_recordings, micropython):
    samples = engine_runner.counts(dev_recordings / f"{name}.npz", RATE_HZ, ChipScale(), gyroscope=False)
    plain = _slots(_run(samples))
    assert len(plain) > 20
    assert all(_slots(strides) == plain for strides in _turned_24_ways(samples))


def test_a_stride_with_two_mounts_is_dropped():
    """The pod is rotated by half a turn and the mount is set. Setting the same mount again drops no stride."""
    recording, samples = _model("walk")
    counts = samples.counts
    again, turned = (int((s.t0_s + s.t1_s) / 2 * RATE_HZ) for s in (recording.strides[4], recording.strides[9]))
    chip = np.vstack([counts[:turned], counts[turned:] * [-1, -1, 1]]).astype("<i2")
    found = []
    with gait(sources.firmware_dir(), False) as load:
        slots = load("pod.gait.stride")
        engine = load("pod.gait.engine").Engine(round(RATE_HZ * 1000), LSM6DSO32, 0)
        engine.set_mount(IDENTITY, slots.MOUNT_GIVEN)
        record = array("i", bytes(4 * slots.LENGTH))
        data = chip.tobytes()
        for at in range(len(chip)):
            if at in (again, turned):
                engine.set_mount(IDENTITY if at == again else HALF_TURN, slots.MOUNT_GIVEN)
            engine.feed(data, at * 6, 1)
            while engine.pop_into(record):
                found.append(list(record))
    assert {one[7] for one in found} == {slots.FORWARD}
    assert any(one[1] < again < one[2] for one in found)
    assert not any(one[1] < turned < one[2] for one in found)
    assert len([one for one in found if one[1] > turned]) > 10


@pytest.mark.parametrize("mount", [0, 3])
def test_without_a_mount_the_direction_is_unknown(mount, micropython):
    strides = _run(_model("walk")[1], mount=mount)
    assert len(strides) > 20
    for stride in strides:
        assert stride["direction"] == "unknown" and stride["confidence"] <= 0.5
        assert stride["flags"] & MOUNT_UNVERIFIED


def test_a_gap_is_flagged_and_keeps_the_index(micropython):
    _, samples = _model("walk")
    whole = _run(samples)
    at, lost = int(8.2 * RATE_HZ), 41
    torn = EngineSamples("torn", RATE_HZ, np.vstack([samples.counts[:at], samples.counts[at + lost :]]))
    strides = _run(torn, block=1, gaps=[(at, lost)])
    assert abs(len(strides) - len(whole)) <= 1
    flagged = [s for s in strides if s["flags"] & GAP]
    assert 1 <= len(flagged) <= 2
    assert all(s["direction"] == "unknown" for s in flagged)
    late = [s["slots"]["contact"] for s in strides if s["open_s"] > 12]
    expected = [s["slots"]["contact"] for s in whole if s["open_s"] > 12]
    assert len(late) == len(expected) and np.abs(np.subtract(late, expected)).max() <= 4  # other pairs are averaged


def test_a_clipped_peak_has_a_flag(micropython):
    _, samples = _model("run")
    loud = EngineSamples("loud", RATE_HZ, np.clip(samples.counts.astype(int) * 6, -32767, 32767).astype("<i2"))
    assert not any(s["flags"] & CLIPPED_PEAK for s in _run(samples))
    clipped = _run(loud, chip=ChipScale(LSM6DSO32 // 6))
    assert sum(bool(s["flags"] & CLIPPED_PEAK) for s in clipped) > 0.5 * len(clipped)


@pytest.mark.parametrize("name", RECORDINGS)
def test_recorded_forward_walking_is_never_called_backward(name, dev_recordings, micropython):
    samples = engine_runner.counts(dev_recordings / f"{name}.npz", RATE_HZ, ChipScale(), gyroscope=False)
    strides = _run(samples)
    rows = [line.split(",") for line in (dev_recordings / "strides.csv").read_text().splitlines()[1:]]
    truth = [(float(r[1]), float(r[2])) for r in rows if r[0] == name and r[3] == "forward"]
    found = [
        s["direction"]
        for a, b in truth
        for s in strides
        if a <= (s["toe_off_s"] + s["contact_s"]) / 2 < b
    ]  # fmt: skip
    assert len(found) >= 0.97 * len(truth)
    assert found.count("backward") == 0
    assert found.count("forward") >= 0.9 * len(found)


def _closed(load, moments, mean_octaves, stride_s, swing_s):
    """Return the mode after a stride with these moments (cut, slope, displacement, wave; forward) and pace."""
    slots = load("pod.gait.accel_state")
    mode = load("pod.gait.accel").Accel(208000, LSM6DSO32, None)
    state, zero = mode.state, 1 << 29
    for slot in (slots.CUT, slots.SLOPE, slots.TRAVEL):
        state[slot + 1] = zero
    for slot, moment in zip((slots.CUT, slots.SLOPE, slots.TRAVEL, slots.WAVE), moments, strict=True):
        state[slot] = zero + moment
    state[slots.MEAN] = state[slots.SLOW_MEAN] + round(256 * mean_octaves)
    state[slots.START], state[slots.TOE_OFF] = 0, round(104 * 0.3)
    state[slots.END], state[slots.CONTACT] = round(104 * stride_s), round(104 * (0.3 + swing_s))
    return slots, load("pod.gait._accel_judge"), mode


def test_a_stride_is_forward_as_much_as_its_mirror_image_is_backward():
    random = np.random.default_rng(4)
    said = []
    with gait(sources.firmware_dir(), True) as load:
        for _ in range(40):
            moments = [int(m) for m in random.normal(0, (150, 800, 60, 3000))]
            pace = random.uniform((-6, 0.5, 0.2), (6, 2.5, 1.0))
            slots, judge, mode = _closed(load, moments, *pace)
            judge.weigh(mode.state)
            forward, backward, _ = mode.state[slots.BEFORE : slots.BEFORE + 3]
            slots, judge, mode = _closed(load, [-m for m in moments], *pace)
            judge.weigh(mode.state)
            assert abs(mode.state[slots.BEFORE] - backward) <= 40  # of 4096: rounding down is not symmetric
            assert abs(mode.state[slots.BEFORE + 1] - forward) <= 40
            said.append(forward > backward)
    assert 5 < sum(said) < 35


@pytest.mark.parametrize(("first", "stride_s", "mean_octaves", "is_one"),
    [(0, 1.3, -3.5, 1), (1, 1.3, -3.5, 0), (0, 0.7, -3.5, 0), (0, 1.3, -5.0, 0)],
)  # fmt: skip
def test_a_soft_landing_is_a_stride_only_if_it_is_long_and_not_the_first(first, stride_s, mean_octaves, is_one):
    with gait(sources.firmware_dir(), True) as load:
        slots, judge, mode = _closed(load, (30, 100, 5, 300), mean_octaves, stride_s, 0.4)
        mode.state[slots.FIRST] = first
        mode.state[slots.RAW] = 400
        assert judge.impact(mode.state, bytearray(mode.state[slots.KEPT_END] * 2)) == is_one


@pytest.mark.parametrize("name", ["spot 6 cm behind", "speed 0.85"])
def test_another_spot_and_pace_make_no_recorded_forward_stride_backward(name, dev_recordings, micropython):
    matched = spots.matches(dev_recordings, spots.CASES[name], RATE_HZ, sources.firmware_dir(), "vicon")
    count = spots.tally(matched)
    found = sum(count["vicon forward walk", outcome] for outcome in ("right", "wrong", "unknown"))
    assert found > 400 and count["vicon forward walk", "missed"] <= 0.01 * found
    assert count["vicon forward walk", "unknown"] <= 0.08 * found
    assert count["forward called backward", "vicon"] == count["standing", "vicon"] == 0
