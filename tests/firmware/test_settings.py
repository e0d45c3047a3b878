"""Settings: typed, refused by name, saved whole, never a reason not to start."""

import json
from pathlib import Path

import pytest

from pod.storage import settingrows
from pod.storage.settings import SettingError, Settings


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "settings.json")


def test_defaults_are_valid_and_readable(path):
    settings = Settings(path)
    for name, default in settingrows.defaults().items():
        assert settingrows.check(name, default) == settings.get(name)
        assert settings.text(name) == f"{name}={json.dumps(default)}"
    assert settings.fault == ""


def test_values_survive(path):
    assert Settings(path).set_text("name=left shoe") == "name"
    Settings(path).set_text('wearer="Ada"')
    Settings(path).set_text("rate_hz=208")
    again = Settings(path)
    assert [again.get(name) for name in ("name", "wearer", "rate_hz")] == ["left shoe", "Ada", 208]
    assert json.loads(Path(path).read_text()) == {"name": "left shoe", "wearer": "Ada", "rate_hz": 208}


@pytest.mark.parametrize(
    "bad",
    ["nonsense=1", "rate_hz=417", "rate_hz=fast", "sda=49", "sda=-3", "sda=true", "side=both", "name=" + "ü" * 9,
     "record_raw=1", "record_raw=maybe", "chip=", "rate_hz", "__class__=1", "loss_window_s=1.5", "name=[1]"],
)  # fmt: skip
def test_bad_values_are_refused_by_name_and_change_nothing(path, bad):
    settings = Settings(path)
    before = [settings.text(name) for name in settings.names()]
    with pytest.raises(SettingError) as refusal:
        settings.set_text(bad)
    assert bad.partition("=")[0] in str(refusal.value) or "=" not in bad
    assert [settings.text(name) for name in settings.names()] == before
    assert Settings(path).fault == ""


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\x00", b'"x"', b"null"])
def test_damaged_file_gives_defaults_and_a_fault(path, content):
    Path(path).write_bytes(content)
    settings = Settings(path)
    assert all(settings.get(name) == default for name, default in settingrows.defaults().items())
    assert bool(settings.fault) == bool(content)


def test_one_bad_value_in_the_file_costs_only_itself(path):
    Path(path).write_text(json.dumps({"rate_hz": 5, "name": "kept", "of_a_later_version": 1}))
    settings = Settings(path)
    assert settings.get("name") == "kept" and settings.get("rate_hz") == 416
    assert settings.fault.startswith("rate_hz:")


def test_full_flash_keeps_the_old_value(path, monkeypatch):
    settings = Settings(path)
    monkeypatch.setattr("pod.storage.store.write_atomic", lambda path, data: (_ for _ in ()).throw(OSError(28)))
    with pytest.raises(OSError, match="28"):
        settings.set("rate_hz", 104)
    assert settings.get("rate_hz") == 416
