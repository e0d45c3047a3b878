"""Number of the processor of a virtual pod."""

from pathlib import Path

import pytest

from retropod.errors import UsageError
from retropod.virtual.identity import device_id


def test_two_pods_differ_and_a_folder_keeps_its_number(tmp_path: Path) -> None:
    first, second = device_id(tmp_path / "a"), device_id(tmp_path / "b")
    assert first != second
    assert first.startswith("02")
    assert len(first) == 12
    assert device_id(tmp_path / "a") == first


def test_a_given_number_replaces_the_stored_one(tmp_path: Path) -> None:
    device_id(tmp_path)
    assert device_id(tmp_path, "24:0A:C4:00:00:07") == "240ac4000007"
    assert device_id(tmp_path) == "240ac4000007"
    assert device_id(tmp_path, "7") == "000000000007"
    assert device_id(tmp_path, "02005e0000010000") == "02005e0000010000"  # as `list` shows it


@pytest.mark.parametrize("given", ["", "left", "02005e00000z", "02005e00000100", "0" * 17, "\u0661" * 12])
def test_other_texts_are_refused(tmp_path: Path, given: str) -> None:
    with pytest.raises(UsageError, match="not a device id"):
        device_id(tmp_path, given)


@pytest.mark.parametrize("content", [b"", b"zz", b"\xff", b"02005e000001 and more"])
def test_a_damaged_file_is_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "device_id").write_bytes(content)
    number = device_id(tmp_path)
    assert number.startswith("02")
    assert device_id(tmp_path) == number
