"""Stock MicroPython is downloaded once, checked, pinned, cached, and checked again."""

import json
import urllib.error
from pathlib import Path

import pytest

from host.install.images import image
from retropod.board.espimage import CHIPS
from retropod.errors import DamagedData, OperationFailed, UsageError
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
    monkeypatch.setattr(download, "pins", lambda: tmp_path / "data" / "pins.json")
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


def test_the_first_use_pins_the_digest_visibly(mirror, tmp_path) -> None:
    mirror.write_bytes(image(CHIP))
    notices: list[str] = []
    for _ in range(2):
        download.image(CHIP, FOUR_MB, notices.append)
    (notice,) = notices
    pin = json.loads((tmp_path / "data" / "pins.json").read_text())[download.name(CHIP)]
    assert pin["sha256"] in notice
    assert mirror.as_uri() in notice


@pytest.mark.parametrize("cached", [True, False])
def test_an_image_with_another_digest_is_refused(mirror, tmp_path, cached: bool) -> None:
    """It is valid, and in place of the image that was pinned: in the cache too, or only at the source."""
    mirror.write_bytes(image(CHIP))
    download.image(CHIP, FOUR_MB)
    stored = tmp_path / "cache" / download.name(CHIP)
    for path in (mirror, stored):
        path.write_bytes(image(CHIP, size=31_000))
    if not cached:
        stored.unlink()
    with pytest.raises(DamagedData, match="is not the image that was used before") as caught:
        download.image(CHIP, FOUR_MB)
    assert str(tmp_path / "data" / "pins.json") in caught.value.hint


def test_a_cache_without_a_pin_is_not_used(mirror, tmp_path) -> None:
    mirror.write_bytes(image(CHIP))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / download.name(CHIP)).write_bytes(image(CHIP, size=31_000))
    assert download.image(CHIP, FOUR_MB) == image(CHIP)


@pytest.mark.parametrize("content", ["", "[]", json.dumps({download.name(CHIP): 1}), "\udcff"])
def test_a_damaged_file_of_pins_is_refused_and_kept(mirror, tmp_path, content: str) -> None:
    mirror.write_bytes(image(CHIP))
    path = tmp_path / "data" / "pins.json"
    path.parent.mkdir()
    data = content.encode("utf-8", "surrogateescape")
    path.write_bytes(data)
    with pytest.raises(DamagedData, match=r"pins\.json is not a valid file of pinned digests") as caught:
        download.image(CHIP, FOUR_MB)
    assert "delete it" in caught.value.hint
    assert path.read_bytes() == data


def test_an_unreadable_file_of_pins_is_refused(mirror, tmp_path) -> None:
    mirror.write_bytes(image(CHIP))
    (tmp_path / "data" / "pins.json").mkdir(parents=True)
    with pytest.raises(DamagedData, match=r"pins\.json is not a valid file of pinned digests: Is a directory"):
        download.image(CHIP, FOUR_MB)


def test_a_pin_that_cannot_be_stored_is_reported(mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    mirror.write_bytes(image(CHIP))
    monkeypatch.setattr(download.durable, "replace", full)
    notices: list[str] = []
    assert download.image(CHIP, FOUR_MB, notices.append) == image(CHIP)
    assert "not pinned" in notices[0]


def test_a_file_that_is_too_large_is_not_read(mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror.write_bytes(image(CHIP))
    monkeypatch.setattr(download, "_MOST_BYTES", 10_000)
    with pytest.raises(DamagedData, match="larger than"):
        download.image(CHIP, FOUR_MB)
    with pytest.raises(DamagedData, match="larger than"):
        download.read_file(Path("/dev/zero"))


def test_a_download_that_takes_too_long(mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror.write_bytes(image(CHIP))
    monkeypatch.setattr(download, "_TOTAL_S", -1.0)
    with pytest.raises(OperationFailed, match="took more than"):
        download.image(CHIP, FOUR_MB)


@pytest.mark.parametrize("source", ["http://127.0.0.1:9", "ftp://127.0.0.1:9", "data:,x", "mirror"])
def test_only_https_is_used(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETROPOD_FIRMWARE_URL", source)
    with pytest.raises(UsageError, match="is not an https address") as caught:
        download.url(CHIP)
    assert "--firmware" in caught.value.hint


def test_a_redirect_to_http_is_refused() -> None:
    redirects = download._SecureRedirects()
    request = download.urllib.request.Request(download.url(CHIP))
    with pytest.raises(urllib.error.URLError, match="not an https address"):
        redirects.redirect_request(request, None, 302, "", {}, "http://127.0.0.1:9/image.bin")
    assert redirects.redirect_request(request, None, 302, "", {}, "https://127.0.0.1:9/image.bin")


def test_without_network_the_error_names_the_remedy(mirror) -> None:
    with pytest.raises(OperationFailed) as caught:
        download.image(CHIP, FOUR_MB)
    assert download.name(CHIP) in caught.value.message
    assert "--firmware" in caught.value.hint


def test_the_source_is_the_official_site(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RETROPOD_FIRMWARE_URL", raising=False)
    official = "https://micropython.org/resources/firmware/ESP32_GENERIC_C3-20250911-v1.26.1.bin"
    assert download.url(CHIP) == official
