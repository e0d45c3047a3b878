"""What a pod of an earlier version has stored is read by this one. Samples are added to, never edited."""

import json
from pathlib import Path

import pytest

from pod.settingrows import names
from pod.settings import Settings

SAMPLES = sorted((Path(__file__).parent / "samples").glob("settings-*.json"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_settings_of_earlier_versions(sample: Path, tmp_path: Path) -> None:
    held = json.loads(sample.read_text())
    settings = Settings(str(sample))
    assert settings.fault == ""
    assert {name: settings.get(name) for name in held if name in names()} == {
        name: value for name, value in held.items() if name in names()
    }


def test_there_are_samples() -> None:
    assert SAMPLES


def test_settings_of_a_later_version(tmp_path: Path) -> None:
    """After going back: what is not known is passed over, the rest counts."""
    path = tmp_path / "settings.json"
    path.write_text('{"name": "left", "not_yet_thought_of": [1, 2]}')
    settings = Settings(str(path))
    assert (settings.get("name"), settings.fault) == ("left", "")
