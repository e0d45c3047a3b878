"""Settings: typed, refused by name, saved whole, never a reason not to start."""

import json
from pathlib import Path

import pytest

from pod.storage import store
from pod.storage.settings import SettingError, Settings
from retrowire import settingrows


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
    Settings(path).set_text("stop_after_s=90")
    again = Settings(path)
    assert [again.get(name) for name in ("name", "wearer", "stop_after_s")] == ["left shoe", "Ada", 90]
    assert json.loads(Path(path).read_text()) == {"name": "left shoe", "wearer": "Ada", "stop_after_s": 90}
    again.set("stop_after_s", 180)
    assert json.loads(Path(path).read_text()) == {"name": "left shoe", "wearer": "Ada"}


@pytest.mark.parametrize(
    "bad",
    ["nonsense=1", "rate_hz=417", "rate_hz=fast", "sda=49", "sda=-3", "sda=true", "side=both", "name=" + "ü" * 9,
     "line_rate=1", "i2c_hz=9999", "address=128", "led_pin=6", "led_pin=1", "led_pin=34", "battery_pin=25",
     "record_raw=1", "record_raw=maybe", "chip=", "rate_hz", "__class__=1", "loss_window_s=1.5", "name=[1]"],
)  # fmt: skip
def test_bad_values_are_refused_by_name_and_change_nothing(path, bad):
    settings = Settings(path)
    before = settings.texts()
    with pytest.raises(SettingError) as refusal:
        settings.set_text(bad)
    assert bad.partition("=")[0] in str(refusal.value) or "=" not in bad
    assert settings.texts() == before
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


TEXTS = ["Андрейка", "éééééééé", "🏃pod", "left 🦶", "👨\u200d👩", "a\\b", '"', "[1]", "-1"]


@pytest.mark.parametrize("text", TEXTS)
def test_text_of_any_script_is_kept(path, text):
    Settings(path).set_text("wearer=" + json.dumps(text, ensure_ascii=False))
    assert Settings(path).get("wearer") == text


@pytest.mark.parametrize("text", ["a\x1b[31m", "a\nb", "\x00", "\x7f", "\x9b1m", "\u202egp", "a\u2066b", "\u2028"])
def test_text_that_changes_a_terminal_is_refused(path, text):
    settings = Settings(path)
    with pytest.raises(SettingError, match="control characters"):
        settings.set("wearer", text)
    assert Settings(path).get("wearer") == ""


def test_limit_of_a_text_is_in_bytes_and_is_named(path):
    with pytest.raises(SettingError, match="name: text of at most 16 bytes in UTF-8, this one has 18"):
        Settings(path).set("name", "ü" * 9)


def test_setting_of_an_earlier_version_that_no_line_carries_is_ignored(path):
    Path(path).write_text(json.dumps({"line_rate": 1, "name": "kept"}))
    settings = Settings(path)
    assert (settings.get("line_rate"), settings.get("name")) == (-1, "kept")
    assert settings.fault == "line_rate: a whole number, 9600 to 4000000 or one of -1 0"


def test_full_flash_keeps_the_old_value(path, monkeypatch):
    settings = Settings(path)
    monkeypatch.setattr("pod.storage.store.write_atomic", lambda path, data: (_ for _ in ()).throw(OSError(28)))
    with pytest.raises(OSError, match="28"):
        settings.set("rate_hz", 104)
    assert settings.get("rate_hz") == 416


# -- trial of the hardware settings


def boot(path):
    """Return the settings of the next boot."""
    return Settings(path)


def test_hardware_setting_applies_at_the_next_boot_on_trial(path):
    settings = boot(path)
    settings.set("rate_hz", 208)
    assert (settings.get("rate_hz"), settings.stored("rate_hz"), settings.on_trial) == (416, 208, False)
    assert settings.text("rate_hz") == "rate_hz=208"
    tried = boot(path)
    assert (tried.get("rate_hz"), tried.on_trial, tried.fault) == (208, True, "")
    tried.confirm()
    assert not tried.on_trial
    kept = boot(path)
    assert (kept.get("rate_hz"), kept.on_trial, kept.undone, kept.fault) == (208, False, {}, "")
    kept.set("rate_hz", 416)
    boot(path).confirm()
    assert json.loads(Path(path).read_text()) == {}


def test_boot_without_a_host_is_undone_and_named(path):
    settings = boot(path)
    settings.set("name", "left")
    settings.set("rate_hz", 208)
    boot(path).confirm()
    settings = boot(path)
    settings.set("i2c_hz", 50_000)
    settings.set("rate_hz", 104)
    assert boot(path).on_trial
    undone = boot(path)
    assert (undone.get("i2c_hz"), undone.get("rate_hz"), undone.get("name")) == (400_000, 208, "left")
    assert undone.fault == "undone, because no host greeted the pod with: i2c_hz 50000, rate_hz 104"
    assert "undone=" + json.dumps({"i2c_hz": 50_000, "rate_hz": 104}) in undone.texts()
    later = boot(path)
    assert (later.fault, later.undone) == ("", {"i2c_hz": 50_000, "rate_hz": 104})
    later.set("name", "right")
    assert boot(path).undone
    later.set("led_pin", 4)
    assert later.undone == boot(path).undone == {}


def test_set_back_before_the_boot_leaves_no_trial(path):
    settings = boot(path)
    settings.set("rate_hz", 208)
    settings.set("rate_hz", 416)
    assert not boot(path).on_trial


def test_change_by_a_host_confirms_the_trial(path):
    boot(path).set("rate_hz", 208)
    boot(path).set("led_pin", 4)
    settings = boot(path)
    assert (settings.get("rate_hz"), settings.get("led_pin"), settings.on_trial) == (208, 4, True)
    undone = boot(path)
    assert (undone.get("rate_hz"), undone.get("led_pin"), undone.undone) == (208, -1, {"led_pin": 4})


class PowerCut(Exception):
    """The pod loses its power."""


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("write", range(4))
def test_power_cut_at_any_write_leaves_the_old_or_the_new_settings(path, monkeypatch, write, written):
    boot(path).set("rate_hz", 208)
    boot(path).confirm()
    really = store.write_atomic
    left = [write]

    def cut(place, data):
        if left[0] == 0:
            if written:
                really(place, data)
            raise PowerCut
        left[0] -= 1
        really(place, data)

    with monkeypatch.context() as patch:
        patch.setattr("pod.storage.store.write_atomic", cut)
        try:
            settings = boot(path)
            settings.set("rate_hz", 104)
            settings.set("i2c_hz", 50_000)
            boot(path).confirm()
        except PowerCut:
            pass
    boot(path)  # a boot that no host greets
    found = boot(path)
    assert not found.on_trial
    assert (found.get("rate_hz"), found.get("i2c_hz")) in ((208, 400_000), (104, 50_000))
    assert (found.get("rate_hz") == 104) == (write == 3 and written)


def test_full_flash_starts_no_trial(path, monkeypatch):
    boot(path).set("rate_hz", 208)
    with monkeypatch.context() as patch:
        patch.setattr("pod.storage.store.write_atomic", lambda path, data: (_ for _ in ()).throw(OSError(28)))
        settings = boot(path)
    assert (settings.get("rate_hz"), settings.on_trial) == (416, False)
    assert settings.fault == "flash full: not started with rate_hz 208"
    assert boot(path).on_trial


def test_boot_guard_does_not_end_a_trial_that_has_not_begun(path):
    boot(path).set("rate_hz", 208)
    ignoring = Settings(path, True)
    assert (ignoring.get("rate_hz"), ignoring.stored("rate_hz"), ignoring.on_trial) == (416, 208, False)
    assert boot(path).on_trial


@pytest.mark.parametrize("entry", ["trial", "tried", "undone"])
@pytest.mark.parametrize("value", [1, [], "x", None, {"rate_hz": "x", "none": 1, "__class__": 1}])
def test_damaged_trial_ends_no_boot(path, entry, value):
    Path(path).write_text(json.dumps({entry: value, "name": "kept"}))
    for _ in range(3):
        settings = boot(path)
        assert (settings.get("name"), settings.get("rate_hz")) == ("kept", 416)
    settings.set("rate_hz", 208)
    assert boot(path).get("rate_hz") == 208


def no_memory(_name):
    raise MemoryError


def test_trial_whose_end_finds_no_memory_is_ended_later(path, monkeypatch):
    stored = Settings(path)
    stored.on_trial = True
    with monkeypatch.context() as short:
        short.setattr("pod.storage.settings.load", no_memory)
        with pytest.raises(MemoryError):
            stored.confirm()
    assert stored.on_trial
