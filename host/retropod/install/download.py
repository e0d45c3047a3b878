"""Stock MicroPython for a chip, from the cache or from micropython.org. Only checked images are cached."""

import contextlib
import hashlib
import os
import urllib.error
import urllib.request
from pathlib import Path

import platformdirs

from retropod.board import espimage
from retropod.errors import DamagedData, OperationFailed

VERSION = "v1.26.1"  # the version of all measurements
_RELEASED = "20250911"
_SOURCE = "https://micropython.org/resources/firmware/"
_TIMEOUT_S = 30.0
_MOST_BYTES = 8 << 20


def name(chip: espimage.EspChip) -> str:
    """Return the file name of the pinned image for `chip`."""
    return f"{chip.board}-{_RELEASED}-{VERSION}.bin"


def url(chip: espimage.EspChip) -> str:
    """Return the URL of the pinned image for `chip`. `RETROPOD_FIRMWARE_URL` replaces its folder by a mirror."""
    return os.environ.get("RETROPOD_FIRMWARE_URL", _SOURCE).rstrip("/") + "/" + name(chip)


def cache() -> Path:
    """Return the folder of the cached images."""
    return Path(platformdirs.user_cache_dir("retropod", appauthor=False)) / "micropython"


def image(chip: espimage.EspChip, flash_bytes: int) -> bytes:
    """Return the pinned image for `chip`, checked. Raises OperationFailed without network, DamagedData."""
    cached = cache() / name(chip)
    with contextlib.suppress(OSError, DamagedData):
        data = cached.read_bytes()
        _check(data, cached, chip, flash_bytes)
        return data
    data = _downloaded(chip)
    espimage.check(data, chip, flash_bytes)
    _store(data, cached)
    return data


def _check(data: bytes, cached: Path, chip: espimage.EspChip, flash_bytes: int) -> None:
    """Check a cached image against the stored digest and against this board."""
    if hashlib.sha256(data).hexdigest() != cached.with_suffix(".sha256").read_text().strip():
        raise DamagedData(f"{cached} is damaged")
    espimage.check(data, chip, flash_bytes)


def _store(data: bytes, cached: Path) -> None:
    with contextlib.suppress(OSError):  # A cache that cannot be written costs only another download.
        cached.parent.mkdir(parents=True, exist_ok=True)
        cached.with_suffix(".sha256").write_text(hashlib.sha256(data).hexdigest())
        part = cached.with_suffix(".part")
        part.write_bytes(data)
        part.replace(cached)


def _downloaded(chip: espimage.EspChip) -> bytes:
    source = url(chip)
    try:
        with urllib.request.urlopen(source, timeout=_TIMEOUT_S) as answer:
            data: bytes = answer.read(_MOST_BYTES + 1)
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise OperationFailed(
            f"{source} cannot be downloaded: {reason}",
            f"download {name(chip)} on another machine, then run `retropod flash --firmware {name(chip)}`",
        ) from error
    if len(data) > _MOST_BYTES:
        raise DamagedData(
            f"{source} is not a firmware image: it is larger than {_MOST_BYTES >> 20} MB", "use --firmware FILE"
        )
    return data
