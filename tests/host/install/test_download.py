"""Stock MicroPython is downloaded once, checked, cached, and checked again."""

import pytest

from host.install.images import image
from retropod.board.espimage import CHIPS
from retropod.errors import DamagedData, OperationFailed
from retropod.install import download

CHIP = CHIPS["ESP32-C3"]
FOUR_MB = 4 << 20


@pytest.fixture
def mirror(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """A folder in place of the web site, and an empty cache."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.setenv("RETROPOD_FIRMWARE_URL", folder.as_uri())
    monkeypatch.setattr(download, "cache", lambda: tmp_path / "cache")
    return folder / download.name(CHIP)


def test_an_image_is_downloaded_once(mirror) -> None:
    mirror.write_bytes(image(CHIP))
    first = download.image(CHIP, FOUR_MB)
    mirror.unlink()
    assert download.image(CHIP, FOUR_MB) == first == image(CHIP)


def test_an_invalid_image_is_refused_and_not_cached(mirror, tmp_path) -> None:
    mirror.write_bytes(image(CHIP)[:-1])
    with pytest.raises(DamagedData):
        download.image(CHIP, FOUR_MB)
    assert not (tmp_path / "cache").exists()


def test_a_changed_cached_image_is_downloaded_again(mirror, tmp_path) -> None:
    mirror.write_bytes(image(CHIP))
    download.image(CHIP, FOUR_MB)
    kept = tmp_path / "cache" / download.name(CHIP)
    kept.write_bytes(image(CHIP, size=100))
    assert download.image(CHIP, FOUR_MB) == image(CHIP)


def test_without_network_the_error_names_the_remedy(mirror) -> None:
    with pytest.raises(OperationFailed) as caught:
        download.image(CHIP, FOUR_MB)
    assert download.name(CHIP) in caught.value.message
    assert "--firmware" in caught.value.hint


def test_the_source_is_the_official_site(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RETROPOD_FIRMWARE_URL", raising=False)
    official = "https://micropython.org/resources/firmware/ESP32_GENERIC_C3-20250911-v1.26.1.bin"
    assert download.url(CHIP) == official
