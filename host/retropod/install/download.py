"""Stock MicroPython for a chip: from the cache, else from micropython.org; kept once it has been checked."""

import contextlib
import hashlib
import os
import urllib.error
import urllib.request
from pathlib import Path

import platformdirs

from retropod.board import espimage
from retropod.errors import DamagedData, OperationFailed

VERSION = "v1.26.1"  # the one that was measured
_RELEASED = "20250911"
_SOURCE = "https://micropython.org/resources/firmware/"
_TIMEOUT_S = 30.0
_MOST_BYTES = 8 << 20


def name(chip: espimage.Chip) -> str:
    """File name of the pinned image for `chip`."""
    return f"{chip.board}-{_RELEASED}-{VERSION}.bin"


def url(chip: espimage.Chip) -> str:
    """Where the pinned image for `chip` is. `RETROPOD_FIRMWARE_URL` names another folder: a mirror."""
    return os.environ.get("RETROPOD_FIRMWARE_URL", _SOURCE).rstrip("/") + "/" + name(chip)


def cache() -> Path:
    """Where images are kept."""
    return Path(platformdirs.user_cache_dir("retropod", appauthor=False)) / "micropython"


def image(chip: espimage.Chip, flash_bytes: int) -> bytes:
    """The pinned image for `chip`, checked. Raises OperationFailed without network, DamagedData for a bad one."""
    kept = cache() / name(chip)
    with contextlib.suppress(OSError, DamagedData):
        data = kept.read_bytes()
        _check(data, kept, chip, flash_bytes)
        return data
    data = _fetched(chip)
    espimage.check(data, chip, flash_bytes)
    _keep(data, kept)
    return data


def _check(data: bytes, kept: Path, chip: espimage.Chip, flash_bytes: int) -> None:
    """A kept image is what was kept, by the digest beside it, and is right for this board."""
    if hashlib.sha256(data).hexdigest() != kept.with_suffix(".sha256").read_text().strip():
        raise DamagedData(f"{kept} is damaged")
    espimage.check(data, chip, flash_bytes)


def _keep(data: bytes, kept: Path) -> None:
    with contextlib.suppress(OSError):  # a cache that cannot be written is none
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.with_suffix(".sha256").write_text(hashlib.sha256(data).hexdigest())
        part = kept.with_suffix(".part")
        part.write_bytes(data)
        part.replace(kept)


def _fetched(chip: espimage.Chip) -> bytes:
    where = url(chip)
    try:
        with urllib.request.urlopen(where, timeout=_TIMEOUT_S) as answer:
            data: bytes = answer.read(_MOST_BYTES + 1)
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise OperationFailed(
            f"{where} cannot be fetched: {reason}",
            f"download {name(chip)} elsewhere, then: retropod flash --firmware {name(chip)}",
        ) from error
    if len(data) > _MOST_BYTES:
        raise DamagedData(f"{where} is no firmware image: too large", "use --firmware FILE")
    return data
