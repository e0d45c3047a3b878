"""This version reads the runs and settings of earlier versions. Add samples, never edit them.

The runs are from the gait model on the virtual pod of their version. The settings files have every setting of then.
"""

import hashlib
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from pod.storage.settings import Settings
from retropod.insight.stride import Stride
from retropod.runs import reader, samples
from retrowire.settingrows import names

RUNS = sorted((Path(__file__).parent / "samples").glob("run-*.rpr"))
SAMPLES = sorted((Path(__file__).parent / "samples").glob("settings-*.json"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_settings_of_earlier_versions(sample: Path, tmp_path: Path) -> None:
    held = json.loads(sample.read_text())
    settings = Settings(str(sample))
    assert settings.fault == ""
    assert {name: settings.get(name) for name in held if name in names()} == {
        name: value for name, value in held.items() if name in names()
    }


def test_settings_that_this_version_does_not_have_any_more(tmp_path: Path) -> None:
    """An unknown name or an invalid value does not affect the other settings."""
    path = tmp_path / "settings.json"
    path.write_text('{"removed_long_ago": 7, "rate_hz": 417, "name": "left", "side": "upper", "wearer": "Ann"}')
    settings = Settings(str(path))
    assert (settings.get("name"), settings.get("wearer")) == ("left", "Ann")
    assert (settings.get("rate_hz"), settings.get("side")) == (416, "unknown")
    assert "rate_hz" in settings.fault or "side" in settings.fault


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """As JSON has it."""
    return json.loads(json.dumps({k: v.hex() if isinstance(v, bytes) else v for k, v in values.items()}))


def sent(stride: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a stride without the metrics that the host derives from them."""
    names = {one.name for one in fields(Stride) if one.init}
    return {name: value for name, value in stride.items() if name in names}


@pytest.mark.parametrize("sample", RUNS, ids=lambda path: path.stem)
def test_runs_of_earlier_versions(sample: Path) -> None:
    """Every value that the pod sent is read as it was then. Later versions may know more, and derive other metrics."""
    known = json.loads(sample.with_suffix(".json").read_text())
    run = reader.read(sample)
    assert run.whole
    assert plain(run.header.values).items() >= known["header"].items()
    for now, then in (
        ([plain(event.values) for event in run.events], known["events"]),
        ([plain(stride.as_json()) for stride in run.strides], [sent(stride) for stride in known["strides"]]),
    ):
        assert len(now) == len(then)
        assert all(one.items() >= other.items() for one, other in zip(now, then, strict=True))
    raw = samples.decode(run.raw)
    sha256 = hashlib.sha256(raw.counts.astype("<i2").tobytes()).hexdigest()
    found = {"messages": len(run.raw), "samples": len(raw.counts), "first": raw.index[0], "sha256": sha256}
    assert found == known["raw"]


def test_a_damaged_sample_would_be_noticed(tmp_path: Path) -> None:
    data = bytearray(RUNS[0].read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "bad.rpr").write_bytes(data)
    assert not reader.read(tmp_path / "bad.rpr").whole


def test_there_are_samples() -> None:
    assert SAMPLES
    assert RUNS


def test_settings_of_a_later_version(tmp_path: Path) -> None:
    """After a downgrade: unknown settings are ignored, the others apply."""
    path = tmp_path / "settings.json"
    path.write_text('{"name": "left", "not_yet_thought_of": [1, 2]}')
    settings = Settings(str(path))
    assert (settings.get("name"), settings.fault) == ("left", "")
