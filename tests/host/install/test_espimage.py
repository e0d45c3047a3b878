"""Check of an image before the flash is erased."""

import subprocess
import sys

import pytest

from host.install.images import ROWS, image
from retropod.board.espimage import CHIPS, check
from retropod.errors import DamagedData

ESP32, S3, C3 = CHIPS["ESP32"], CHIPS["ESP32-S3"], CHIPS["ESP32-C3"]
FOUR_MB = 4 << 20


@pytest.mark.parametrize("chip", CHIPS.values(), ids=lambda chip: chip.name)
def test_a_complete_image_is_accepted(chip) -> None:
    check(image(chip), chip, FOUR_MB)


def test_esptool_accepts_the_images_of_the_tests(tmp_path) -> None:
    path = tmp_path / "image.bin"
    path.write_bytes(image(ESP32))
    command = [sys.executable, "-m", "esptool", "--chip", "esp32", "image-info", str(path)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "valid" in out
    assert "invalid" not in out


@pytest.mark.parametrize(("made", "board"), [(ESP32, S3), (S3, C3), (C3, ESP32)])
def test_an_image_for_another_chip(made, board) -> None:
    with pytest.raises(DamagedData, match=r"not a firmware image|the image is for"):
        check(image(made), board, FOUR_MB)


def test_a_flipped_byte_is_detected() -> None:
    good = image(ESP32, size=2000)
    end = 0x10000 - ESP32.offset
    for at in (0, 12, 30, 2000, 0x7000, 0x7000 + 40, end, end + 12, end + 100, len(good) - 1):
        bad = bytearray(good)
        bad[at] ^= 1
        with pytest.raises(DamagedData):
            check(bytes(bad), ESP32, FOUR_MB)


@pytest.mark.parametrize("length", [0, 10, 3000, 0x7000, 0xF000, 0xF020, 0xF000 + 1000])
def test_an_image_that_is_cut_off(length: int) -> None:
    with pytest.raises(DamagedData):
        check(image(ESP32)[:length], ESP32, FOUR_MB)


def test_an_image_that_is_larger_than_the_flash() -> None:
    with pytest.raises(DamagedData, match="4 MB of flash, the board has 2 MB"):
        check(image(ESP32), ESP32, 2 << 20)


def test_an_image_without_a_program() -> None:
    with pytest.raises(DamagedData, match="no program"):
        check(image(ESP32, rows=(ROWS[0],)), ESP32, FOUR_MB)


@pytest.mark.parametrize("text", [b"<!DOCTYPE html>" * 9999, bytes(99_999)])
def test_another_file_of_a_web_server(text: bytes) -> None:
    with pytest.raises(DamagedData, match="not a firmware image"):
        check(text, ESP32, FOUR_MB)
