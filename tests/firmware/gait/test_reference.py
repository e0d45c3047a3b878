"""The readable reference of the six-axis engine finds the strides of the pod's engine."""

import re
from dataclasses import dataclass

import numpy as np
import pytest

from docs import reference_engine as reference
from retropod import sources
from retropod.score import engine_runner
from retropod.score.engine_runner import ChipScale, EngineJob, EngineSamples, G
from shared import scenario
from tools import datasets

CHIP = ChipScale()
ACC_LSB, GYR_LSB = CHIP.acc_lsb_ug * 1e-6 * G, np.radians(CHIP.gyr_lsb_udps * 1e-6)
FLAGS = {"clipped_acc": 2, "clipped_peak": 4, "clipped_gyr": 8, "bias_unknown": 32, "turning": 64, "tilt_open": 128}
FLAGS |= {"first": 256, "not_gait": 1024, "joined": 2048}
WALKS = [
    ("walk", 416.7, {}), ("walk", 104.0, {"speed_mps": 0.25}), ("walk", 208.0, {"speed_mps": 0.4}),
    ("run", 208.0, {}), ("run", 208.0, {"speed_mps": 5.5}), ("backward-walk", 208.0, {"speed_mps": 0.3}),
    ("backward-run", 416.7, {}), ("sideways", 208.0, {}), ("stairs-down", 104.0, {}), ("stairs-up", 104.0, {}),
    ("turn", 208.0, {}), ("mixed", 208.0, {}),
]  # fmt: skip
BIAS_DPS, YAW_DEG = (4.0, -6.0, 3.0), 14.0


@dataclass
class Agreement:
    """Counts of strides of both engines that agree. `union`: strides that at least one of them found."""

    union: int = 0
    both: int = 0
    directions: int = 0
    confidences: int = 0
    lengths: int = 0
    close_lengths: int = 0
    rises: int = 0
    headings: int = 0
    stances: int = 0
    events: int = 0
    flags: int = 0

    def add(self, pod, found):
        unused = list(found)
        for one in pod:
            middle_s = (one["toe_off_s"] + one["contact_s"]) / 2
            near = min(unused, key=lambda other: abs(_middle_s(other) - middle_s), default=None)
            if near is not None and abs(_middle_s(near) - middle_s) < 0.15:
                unused.remove(near)
                self._compare(one, near)
            self.union += 1
        self.union += len(unused)

    def _compare(self, pod, found):
        slots = pod["slots"]
        self.both += 1
        sides = ("", "", "", "_left", "_right")
        self.directions += found.direction == pod["direction"] + sides[slots["direction"]]
        self.confidences += abs(found.confidence - pod["confidence"]) <= 0.02
        length = np.hypot(found.length_m - slots["length_mm"] / 1000, found.lateral_m - slots["lateral_mm"] / 1000)
        self.lengths += bool(length <= 0.03)
        self.close_lengths += bool(length <= 0.01)
        rise_mm = slots["rise_mm"]
        if found.rise_m is None:
            self.rises += rise_mm == engine_runner.NONE
        else:
            self.rises += abs(found.rise_m - rise_mm / 1000) <= 0.03
        self.headings += abs(found.yaw_deg - pod["yaw_deg"]) <= 1.0
        self.stances += max(abs(found.open_s - pod["open_s"]), abs(found.close_s - pod["close_s"])) < 0.031
        self.events += max(abs(found.toe_off_s - pod["toe_off_s"]), abs(found.contact_s - pod["contact_s"])) < 0.011
        self.flags += pod["flags"] == sum(FLAGS[flag] for flag in found.flags)

    def shares(self):
        """Return the share of each property in the strides that both engines found."""
        return {name: count / self.both for name, count in vars(self).items() if name not in ("union", "both")}


def _middle_s(stride):
    return (stride.toe_off_s + stride.contact_s) / 2


def _reference(samples):
    acc, gyr = samples.counts[:, :3] * ACC_LSB, samples.counts[:, 3:] * GYR_LSB
    return reference.strides(acc, gyr, samples.rate_hz, (32768 * ACC_LSB, 32768 * GYR_LSB))


def _agreement(recordings):
    found = Agreement()
    on_pod = engine_runner.run([EngineJob(samples, CHIP) for samples in recordings], sources.firmware_dir())
    for samples, strides in zip(recordings, on_pod, strict=True):
        found.add(strides, _reference(samples))
    return found


def _model(name, rate_hz, parameters):
    """Return counts of a pod that is mounted askew and whose gyroscope has a bias."""
    made = scenario(name, rate_hz, 5, **parameters)
    mount = reference.rotations(np.radians([[0, 0, YAW_DEG]]))[0]
    acc, gyr = made.acc @ mount.T, made.gyr @ mount.T + np.radians(BIAS_DPS)
    counts = np.clip(np.rint(np.hstack([acc / ACC_LSB, gyr / GYR_LSB])), -32767, 32767)
    return EngineSamples(name, rate_hz, counts.astype("<i2"))


def test_model_walks_give_the_strides_of_the_pod(micropython):
    found = _agreement([_model(*walk) for walk in WALKS])
    assert found.union > 300
    assert found.both == found.union
    shares = found.shares()
    assert shares["directions"] == shares["confidences"] == shares["headings"] == 1
    assert min(shares.values()) >= 0.93, shares


@pytest.mark.gate
@pytest.mark.parametrize("name", ["dev", "running"])
def test_recordings_give_the_strides_of_the_pod(name, micropython):
    folder = datasets.known(name)
    if folder is None:
        pytest.skip(f"RETROPOD_DATA does not contain the {name} recordings")
    found = _agreement([engine_runner.counts(path, 208.0, CHIP) for path in sorted(folder.glob("*.npz"))])
    assert found.both >= 0.99 * found.union
    shares = found.shares()
    assert shares["directions"] >= 0.995
    assert min(shares.values()) >= 0.95, shares


def _named(text, introduction):
    """Return the names in sentences that begin with `introduction`."""
    sentences = re.findall(rf"{introduction}: (.*?)\.[\s\"]", text, re.DOTALL)
    return {name for sentence in sentences for name in re.findall(r"`([\w.]+)`", sentence)}


def _defined(text):
    return set(re.findall(r"(?:def|class) (\w+)", text))


def test_kernels_and_reference_name_each_other(repo_root):
    text = (repo_root / "docs" / "reference_engine.py").read_text()
    kernels = "\n".join(path.read_text() for path in (repo_root / "firmware" / "pod" / "gait").glob("*.py"))
    named, called = _named(kernels, "Reference"), _named(text, "Kernels?")
    assert min(len(named), len(called)) > 10
    assert named <= _defined(text)
    assert {name.rpartition(".")[2] for name in called} <= _defined(kernels)


def _as_from_pod(stride):
    way, _, side = stride.direction.partition("_")
    slots = {"direction": ["unknown", "forward", "backward", "lateral_left", "lateral_right"].index(stride.direction)}
    slots |= {f"{name}_mm": 1000 * getattr(stride, f"{name}_m") for name in ("length", "lateral", "rise")}
    flags = sum(FLAGS[flag] for flag in stride.flags)
    return {**vars(stride), "direction": way, "side": side, "flags": flags, "slots": slots}


def test_each_difference_is_counted():
    found = _reference(_model("walk", 208.0, {}))
    pod = [_as_from_pod(one) for one in found]
    changes = {"direction": "unknown", "confidence": 0.5, "length_m": 0.5, "rise_m": 0.5, "yaw_deg": 50.0}
    changes |= {"open_s": 0.0, "toe_off_s": found[9].toe_off_s + 0.02, "flags": {"turning"}}
    for stride, (name, value) in zip(found[3:], changes.items(), strict=False):
        setattr(stride, name, value)
    agreed = Agreement()
    agreed.add(pod, found[:-1])
    assert (agreed.union, agreed.both) == (len(pod), len(pod) - 1)
    assert set(agreed.shares().values()) == {1 - 1 / agreed.both}


def test_a_pod_rotated_by_half_a_turn_mirrors_the_direction():
    samples = _model("walk", 208.0, {})
    turned = EngineSamples("turned", 208.0, samples.counts * np.array([-1, -1, 1, -1, -1, 1], "<i2"))
    assert {one.direction for one in _reference(samples)} == {"forward"}
    assert {one.direction for one in _reference(turned)} == {"backward"}
