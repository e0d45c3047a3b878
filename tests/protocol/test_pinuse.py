"""Pins of each processor, from its data sheet."""

import pytest

from retrowire import boards, pinuse, settingrows

# ESP32 data sheet v5.2, table "Pin Overview"; ESP32-S3 v2.2 and ESP32-C3 v2.2, sections "IO Pins" and "Strapping Pins"
FLASH = {"ESP32": range(6, 12), "ESP32S3": range(26, 33), "ESP32C3": range(11, 18)}
CONSOLE = {"ESP32": (1, 3), "ESP32S3": (19, 20, 43, 44), "ESP32C3": (18, 19, 20, 21)}
MISSING = {"ESP32": (20, 24, 28, 31, 40, 48), "ESP32S3": (22, 25), "ESP32C3": (22, 26, 48)}
INPUTS = {"ESP32": range(34, 40), "ESP32S3": (), "ESP32C3": ()}
MEASURING = {"ESP32": range(32, 40), "ESP32S3": range(1, 11), "ESP32C3": range(5)}
STRAPPING = {"ESP32": {0, 2, 5, 12, 15}, "ESP32S3": {0, 3, 45, 46}, "ESP32C3": {2, 8, 9}}
PINS = [name for name in settingrows.names() if pinuse.is_pin(name)]


@pytest.mark.parametrize("chip", FLASH)
def test_taken_and_missing_pins_have_no_other_use(chip: str) -> None:
    for name in PINS:
        for pins, reason in ((FLASH, "flash"), (CONSOLE, "console"), (MISSING, "does not exist")):
            for pin in pins[chip]:
                assert reason in pinuse.misuse(chip, name, pin), (name, pin)
        assert pinuse.misuse(chip, name, -1) == pinuse.misuse(chip, name, -2) == ""


@pytest.mark.parametrize("chip", FLASH)
def test_inputs_drive_nothing_and_only_converter_pins_measure(chip: str) -> None:
    for pin in INPUTS[chip]:
        for name in PINS:
            assert ("input only" in pinuse.misuse(chip, name, pin)) == (name in ("sda", "scl", "led_pin", "buzzer_pin"))
    free = [pin for pin in range(49) if not pinuse.misuse(chip, "button_pin", pin)]
    assert {pin for pin in free if not pinuse.misuse(chip, "battery_pin", pin)} == set(MEASURING[chip]) & set(free)
    assert {pin for pin in range(49) if pinuse.is_strapping(chip, pin)} == STRAPPING[chip]


@pytest.mark.parametrize("board", boards.names())
def test_pins_of_a_board_are_valid_and_not_shared(board: str) -> None:
    values = boards.resolve(settingrows.defaults().get, board)
    columns = boards.COLUMNS.split()
    assert [pinuse.misuse(boards.processor(board), name, value) for name, value in zip(columns, values, strict=True)
            if pinuse.is_pin(name) and pinuse.misuse(boards.processor(board), name, value)] == []  # fmt: skip
    assert pinuse.shared(columns, values) == []
    values[boards.LED_PIN] = values[boards.SDA]
    assert pinuse.shared(columns, values) == [("sda", "led_pin", values[boards.SDA])]


def test_numbers_that_are_no_pins_are_not_compared() -> None:
    changed = {**settingrows.defaults(), "led_lit": 1, "battery_ratio": 2000, "line_rate": 0}
    assert pinuse.misuse("ESP32", "led_lit", 1) == ""
    assert pinuse.shared(boards.COLUMNS.split(), boards.resolve(changed.get, "devkit")) == []


def test_board_of_another_processor_is_not_used() -> None:
    assert boards.board("xiao-c3", "Generic ESP32 module with ESP32") == "devkit"
    assert boards.board("lolin-d32", "Generic ESP32 module with ESP32") == "lolin-d32"
    assert boards.board("xiao-s3", "Generic ESP32S3 module with ESP32S3") == "xiao-s3"
    assert boards.board("auto", "Generic ESP32C3 module with ESP32C3") == "c3-supermini"
    assert boards.board("xiao-c3", "linux") == "xiao-c3"
