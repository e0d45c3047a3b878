"""Settings are checked before they are sent: their values, and bus, line and pins together."""

from typing import Any

import pytest

from host.tinypod import TinyPod
from retropod.client import settingcheck
from retropod.client.pod import Pod
from retropod.errors import UsageError
from retrowire import bus, pinuse, settingrows

DEVKIT = {"board": "devkit"}


def judge(
    chip: str = "lsm6dso32", board: str = "devkit", stored: dict[str, Any] | None = None, **new: Any
) -> list[str]:
    present = {**settingrows.defaults(), **(stored or {})}
    return settingcheck.judge(new, present, {"board": board}, chip)


def refused(match: str, chip: str = "lsm6dso32", board: str = "devkit", **new: Any) -> UsageError:
    with pytest.raises(UsageError, match=match) as refusal:
        judge(chip, board, **new)
    assert refusal.value.hint
    return refusal.value


@pytest.mark.parametrize(("name", "text", "expected"), [
    ("rate_hz", "nan", "one of 100 104"), ("rate_hz", "inf", "one of 100"), ("stop_after_s", "1e999", "20 to 3600"),
    ("stop_after_s", "-inf", "20 to 3600"), ("stop_after_s", "19", "20 to 3600"),
    ("stop_after_s", "9" * 5000, "20 to 3600"),
    ("stop_after_s", "soon", "a number, not 'soon'"), ("stop_after_s", "20.5", "a whole number"),
    ("stop_after_s", "", "a number"), ("line_rate", "1", "9600 to 4000000 or one of -1 0"), ("i2c_hz", "0", "10000 to"),
    ("sda", "-3", "0 to 48 or one of -1 -2"), ("led_pin", "49", "0 to 48"), ("address", "200", "8 to 119 or one of 0"),
    ("record_raw", "maybe", "on or off"), ("record_raw", "1", "on or off"),
    ("name", "x" * 17, "at most 16 bytes in UTF-8, this one has 17"),
    ("name", "x" * 100_000, "at most 16 bytes in UTF-8, this one has 100000"),
    ("name", "Андрейкаа", "at most 16 bytes in UTF-8, this one has 18"),
    ("wearer", "a\x1b]0;x\x07", "control characters"), ("wearer", "\u202eabc", r"U\+202E"),
    ("name", "a\r\n", "control characters"),
    ("length_note", "\x85", "control characters"), ("name", "\udc80", "not UTF-8"),
])  # fmt: skip
def test_invalid_value_names_the_range(name: str, text: str, expected: str) -> None:
    with pytest.raises(UsageError, match=expected) as refusal:
        settingcheck.typed(name, text)
    assert name in refusal.value.message
    assert len(refusal.value.message) < 200


@pytest.mark.parametrize(("name", "text", "value"), [
    ("rate_hz", "208", 208), ("address", "0x69", 0x69), ("sda", "-1", -1), ("line_rate", "0", 0),
    ("auto_record", "off", False),
    ("auto_record", "Yes", True), ("name", "🏃pod", "🏃pod"), ("wearer", "12", "12"), ("wearer", "", ""),
    ("chip", "bmi160", "bmi160"),
])  # fmt: skip
def test_valid_value_has_its_type(name: str, text: str, value: Any) -> None:
    assert settingcheck.typed(name, text) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_number_that_json_lacks_is_neither_sent_nor_accepted(value: float) -> None:
    with pytest.raises(UsageError, match="rate_hz is not a finite number"):
        settingcheck.pair("rate_hz", value)
    for text in ("NaN", "-Infinity", "1e999"):
        transport = TinyPod()
        transport.settings["wearer"] = text
        with Pod(transport) as pod:
            assert pod.settings("wearer") == {"wearer": None}


def test_request_is_utf_8_and_never_too_long() -> None:
    assert settingcheck.pair("wearer", "left 🦶") == 'wearer="left 🦶"'
    with pytest.raises(UsageError, match="has 58 bytes, a request has at most 53"):
        settingcheck.pair("length_note", "x" * 44)
    longest = {"text": 2, "one": 2}
    for name in settingrows.names():
        row = next(line.split() for line in settingrows._ROWS.split("\n") if line.startswith(name + " "))
        value = "x" * int(row[2]) if row[1] == "text" else max(row[2:], key=len)
        assert settingcheck.fits(f"{name}={value}" + " " * longest.get(row[1].rstrip("!"), 0)), name


@pytest.mark.parametrize("name", ["rate_h", "ratehz", "i2c_khz", "wearr", "pin"])
def test_misspelt_name_has_a_suggestion(name: str) -> None:
    expected = {
        "rate_h": "rate_hz",
        "ratehz": "rate_hz",
        "i2c_khz": "i2c_hz",
        "wearr": "wearer",
        "pin": "pins",
    }
    assert settingcheck.similar(name, [*settingrows.names(), "pins"]) == expected[name]
    assert settingcheck.similar("xyzzy", settingrows.names()) == ""


def test_bus_that_is_too_slow_is_refused_with_the_numbers() -> None:
    refusal = refused("833 samples/s of the lsm6ds would take 166 %", i2c_hz=100_000, rate_hz=833)
    assert "at most 90 %" in refusal.message
    assert "i2c_hz=100000 rate_hz=416" in refusal.hint
    assert "rate_hz=833" in refusal.hint


@pytest.mark.parametrize("name", ["lsm6dso32", "mpu6050", "mpu9250", "adxl345", "none"])
def test_nearest_values_of_a_refusal_work(name: str) -> None:
    """Every combination is accepted or refused as the arithmetic says, and the hints lead to accepted ones."""
    for i2c_hz in (10_000, 20_000, 50_000, 100_000, 200_000, 400_000, 1_000_000):
        for rate_hz in (100, 104, 200, 208, 250, 333, 416, 500, 833):
            works = bus.rate(bus.driver(name), rate_hz) in bus.rates(bus.driver(name), i2c_hz)
            if works:
                assert judge(name, i2c_hz=i2c_hz, rate_hz=rate_hz) == []
                continue
            hint = refused("do not go together", name, i2c_hz=i2c_hz, rate_hz=rate_hz).hint
            for command in hint.split("`")[1::2]:
                pairs = dict(word.split("=") for word in command.split()[3:])
                assert judge(name, **{key: int(value) for key, value in pairs.items()}) == []


def test_only_faults_of_the_change_count() -> None:
    bad = {"i2c_hz": 20_000, "rate_hz": 833, "led_pin": 27, "scl": 6}
    assert judge(stored=bad, button_pin=33) == []
    assert judge(stored=bad, led_pin=4) == []
    assert judge(stored=bad, i2c_hz=400_000) == []


def test_pins_are_those_of_the_board() -> None:
    for pin in range(6, 12):
        refused("belongs to the flash", led_pin=pin)
    refused("belongs to the console", wake_pin=3)
    refused("is an input only", sda=34)
    refused("does not exist", button_pin=24)
    refused("belongs to the flash", board="xiao-s3", led_pin=30)
    refused("belongs to the console", board="c3-supermini", led_pin=19)
    assert judge(board="xiao-c3", led_pin=0) == []
    assert judge(board="", led_pin=6) == []  # an older pod does not name its board, and checks it itself


def test_one_pin_has_one_use() -> None:
    refused("led_pin and wake_pin would both use GPIO 27", led_pin=27)
    refused("sda and scl would both use GPIO 33", sda=33, scl=33)
    assert judge(sda=22, scl=21) == []  # exchanged in one command
    refused("both use GPIO 21", scl=21)
    assert judge(led_pin=25, buzzer_pin=-2) == []


def test_new_board_is_checked_with_all_pins() -> None:
    assert settingcheck.judge({"board": "xiao-c3"}, settingrows.defaults(), DEVKIT, "none") == []
    with pytest.raises(UsageError, match="led_pin 25: GPIO 25 of ESP32C3 does not exist"):
        settingcheck.judge({"board": "xiao-c3"}, {**settingrows.defaults(), "led_pin": 25}, DEVKIT, "none")


def test_strapping_pin_has_a_remark() -> None:
    (remark,) = judge(button_pin=12)
    assert "strapping pin" in remark
    assert pinuse.is_strapping("ESP32", 12)


def test_slow_line_has_a_remark() -> None:
    (remark,) = judge(line_rate=19_200)
    assert remark == "line_rate 19200 carries strides but no raw samples: 416 Hz take 2620 bytes/s, it has 1536"
    assert judge(line_rate=115_200) == judge(line_rate=0) == judge(line_rate=-1) == []
