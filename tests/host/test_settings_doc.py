"""The settings and boards in the help are those of the pod."""

import json
from pathlib import Path

from pod.storage.settings import Settings
from retropod.cli import settings_doc
from retrowire import boards, settingrows

BOARDS = ("devkit", "s3", "c3-supermini", "xiao-s3", "xiao-c3", "lolin-d32")
# input only, used by the flash, or missing: no default pin of a board may be one of these
CANNOT_DRIVE = {"devkit": {6, 7, 8, 9, 10, 11, 34, 35, 36, 39}, "lolin-d32": {6, 7, 8, 9, 10, 11, 34, 35, 36, 39}}
# pins that can end light sleep at once; a C3 has none with the supported MicroPython
CAN_WAKE = {
    "devkit": {0, 2, 4, 12, 13, 14, 15, 25, 26, 27, 32, 33, 34, 35, 36, 39},
    "lolin-d32": {0, 2, 4, 12, 13, 14, 15, 25, 26, 27, 32, 33, 34, 35, 36, 39},
    "s3": set(range(22)),
    "xiao-s3": set(range(22)),
    "c3-supermini": set(range(6)),
    "xiao-c3": set(range(6)),
}
STRAPPING = {"devkit": {0, 2, 5, 12, 15}, "lolin-d32": {0, 2, 5, 12, 15}, "s3": {0, 3, 45, 46},
             "xiao-s3": {0, 3, 45, 46}, "c3-supermini": {2, 8, 9}, "xiao-c3": {2, 8, 9}}  # fmt: skip


def resolved(tmp_path: Path, board: str, **changed: int) -> dict[str, int]:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"board": board, **changed}))
    settings = Settings(str(path))
    assert settings.fault == ""
    return dict(zip(boards.COLUMNS.split(), boards.resolve(settings.get, board, True), strict=True))


def test_every_setting_has_a_meaning_and_nothing_else_has() -> None:
    described = {name.rstrip(settings_doc.NEXT_START) for name in settings_doc.SETTINGS}
    assert described == set(settingrows.names())
    # a setting that can prevent the start takes effect only at the next start
    assert {name for name in settingrows.hardware() if not settings_doc.known(name)[1]} == set()
    assert settings_doc.known("of_a_later_version") == ("", False)


def test_boards_are_named_alike() -> None:
    choices = next(line for line in settingrows._ROWS.split("\n") if line.startswith("board ")).split()[2:]
    assert choices == ["auto", *BOARDS]
    assert all(board in settings_doc.SETTINGS["board*"] for board in choices)
    assert [line.split()[0] for line in boards._ROWS.strip().split("\n")] == list(BOARDS)


def test_no_board_has_two_things_on_one_pin(tmp_path: Path) -> None:
    for board in BOARDS:
        found = resolved(tmp_path, board)
        pins = [found[name] for name in found if name in ("sda", "scl", "free") or name.endswith("_pin")]
        used = [pin for pin in pins if pin >= 0]
        assert len(used) == len(set(used)), board


def test_pins_can_do_what_they_are_for(tmp_path: Path) -> None:
    for board in BOARDS:
        found = resolved(tmp_path, board)
        assert found["wake_pin"] in CAN_WAKE[board], board
        driven = {found[name] for name in ("sda", "scl", "led_pin", "buzzer_pin")}
        assert not driven & CANNOT_DRIVE.get(board, set()), board
        # a host may pull these when it opens the port, and a sensor that pulls one prevents the start of the board
        assert not {found[name] for name in ("skip_pin", "free", "wake_pin", "sda", "scl")} & STRAPPING[board], board


def test_every_pin_can_be_another_or_none(tmp_path: Path) -> None:
    for name in ("sda", "scl", *[name for name in settingrows.names() if name.endswith("_pin")]):
        assert resolved(tmp_path, "devkit", **{name: 33})[name] == 33
        assert resolved(tmp_path, "devkit", **{name: -2})[name] == -1
        assert resolved(tmp_path, "devkit", **{name: -1})[name] == resolved(tmp_path, "devkit")[name]


def test_without_a_setting_the_processor_selects_the_board(tmp_path: Path) -> None:
    settings = Settings(str(tmp_path / "none.json"))
    names = {"Generic ESP32S3 module with ESP32S3": "s3", "ESP32C3 module with ESP32C3": "c3-supermini",
             "Generic ESP32 module with ESP32": "devkit", "something else": "devkit"}  # fmt: skip
    for machine, board in names.items():
        name = boards.board(settings.get("board"), machine)
        assert boards.resolve(settings.get, name, True) == list(resolved(tmp_path, board).values())


def test_columns_have_the_numbers_of_their_constants() -> None:
    names = boards.COLUMNS.split()
    assert [getattr(boards, name.upper()) for name in names] == list(range(boards.NUMBER))
