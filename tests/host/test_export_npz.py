"""Raw samples as npz: the reader of recordings reads them back, in the shoe frame and with their gaps."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import season
from retropod import recording
from retropod.cli import run
from retropod.client import wire
from retropod.recording.units import G_M_S2
from retropod.runs.store import Store

_COUNT = 40  # samples of a message
RATE_HZ = 416.667


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    return Store()


def samples(count: int, axes: int = 6) -> np.ndarray:
    """Return counts of a shoe at rest, with noise."""
    chance = np.random.default_rng(1)
    made = chance.normal(0, 20, (count, axes)).round()
    made[:, 2] += 1 / 976e-6
    return made.astype("<i2")


def messages(counts: np.ndarray, first: int) -> list[bytes]:
    return [
        wire.encode("raw", sample=first + at, count=_COUNT, axes=counts.shape[1], encoding="counts",
                    data=counts[at : at + _COUNT].tobytes())
        for at in range(0, len(counts), _COUNT)
    ]  # fmt: skip


def exported(store: Store, raw: list[bytes], **header: Any) -> recording.Recording:
    season.stored(store, season.run_file((), raw=raw, matrix=matrix(), **header))
    assert run(["export", "1", "--format", "npz", "--output", "x.npz"]) == 0
    return recording.load(Path("x.npz"))


TURNED = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])  # the chip's x axis points to the left


def matrix() -> bytes:
    return np.rint(TURNED.ravel() * wire.Q14).astype("<i2").tobytes()


def test_samples_are_read_back_in_the_shoe_frame(store: Store) -> None:
    counts = samples(1200)
    held = exported(store, messages(counts, 500))
    assert held.rate_hz == pytest.approx(RATE_HZ) and len(held.gaps) == 0
    np.testing.assert_allclose(held.acc_mps2, counts[:, :3] @ TURNED.T * 976e-6 * G_M_S2, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(held.gyr_rad_s, np.radians(counts[:, 3:] @ TURNED.T * 0.07), rtol=1e-5, atol=1e-4)


def test_a_gap_is_listed(store: Store) -> None:
    counts = samples(1200)
    raw = messages(counts, 0)
    held = exported(store, raw[:10] + raw[12:])
    assert held.gaps.tolist() == [[10 * _COUNT, 12 * _COUNT]] and len(held.acc) == 1200


def test_an_accelerometer_alone(store: Store) -> None:
    assert exported(store, messages(samples(400, 3), 0), gyr_lsb_udps=0).gyr is None


@pytest.mark.parametrize(("raw", "code", "cause"), [
    ([], 1, "has no raw samples"),
    (messages(samples(80), 0)[::-1], 5, "not in order"),
    ([*messages(samples(40), 0), *messages(samples(40), 2_000_000_000)], 5, "too many"),
])  # fmt: skip
def test_samples_that_are_no_recording(store: Store, raw: list[bytes], code: int, cause: str, capsys: Any) -> None:
    season.stored(store, season.run_file((), raw=raw))
    assert run(["export", "1", "--format", "npz"]) == code
    assert cause in capsys.readouterr().err
