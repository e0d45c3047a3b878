"""Stock MicroPython for a chip, from the cache or from micropython.org.

micropython.org publishes no digests of its images. So the digest of each image is pinned at its first use: from then on
an image with another digest is refused, from the cache and from the network.
"""

import contextlib
import hashlib
import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import platformdirs

from retropod import durable
from retropod.board import espimage
from retropod.errors import DamagedData, OperationFailed, UsageError

VERSION = "v1.26.1"  # the version of all measurements
_RELEASED = "20250911"
_SOURCE = "https://micropython.org/resources/firmware/"
_ENVIRONMENT = "RETROPOD_FIRMWARE_URL"
_SCHEMES = ("https", "file")
_SILENCE_S = 30.0
_TOTAL_S = 600.0
_MOST_BYTES = 8 << 20
_BLOCK = 1 << 16


class Pin(NamedTuple):
    """The SHA-256 of an image as hex digits, and the URL from which it was first downloaded."""

    sha256: str
    source: str


def name(chip: espimage.EspChip) -> str:
    """Return the file name of the image for `chip`."""
    return f"{chip.board}-{_RELEASED}-{VERSION}.bin"


def url(chip: espimage.EspChip) -> str:
    """Return the URL of the image for `chip`. `RETROPOD_FIRMWARE_URL` replaces its folder, by a mirror for example.

    Raises UsageError if that is neither an https nor a file URL.
    """
    found = os.environ.get(_ENVIRONMENT, _SOURCE).rstrip("/") + "/" + name(chip)
    if urlsplit(found).scheme not in _SCHEMES:
        raise UsageError(
            f"{_ENVIRONMENT} is not an https address: {found}",
            f"download {name(chip)} from a source that you trust, then add --firmware {name(chip)}",
        )
    return found


def cache() -> Path:
    """Return the folder of the cached images."""
    return Path(platformdirs.user_cache_dir("retropod", appauthor=False)) / "micropython"


def pins() -> Path:
    """Return the file with the pinned digests."""
    return platformdirs.user_data_path("retropod", appauthor=False) / "micropython.json"


def image(chip: espimage.EspChip, flash_bytes: int, notify: Callable[[str], None] = lambda text: None) -> bytes:
    """Return the image for `chip`, checked. `notify` receives a line when a digest is pinned.

    Raises OperationFailed without network, UsageError, and DamagedData for an image that is not the pinned one.
    """
    pinned = _pinned(name(chip))
    cached = cache() / name(chip)
    with contextlib.suppress(OSError, DamagedData):
        data = read_file(cached)
        espimage.check(data, chip, flash_bytes)
        if pinned is not None and _sha256(data) == pinned.sha256:
            return data
    source = url(chip)
    data = _downloaded(source, name(chip))
    espimage.check(data, chip, flash_bytes)
    if pinned is None:
        _pin(name(chip), Pin(_sha256(data), source), notify)
    elif _sha256(data) != pinned.sha256:
        raise _changed(source, data, pinned)
    with contextlib.suppress(OSError):  # A cache that cannot be written costs only another download.
        durable.replace(cached, data)
    return data


def read_file(path: Path) -> bytes:
    """Read an image. Raises OSError, and DamagedData if it is larger than any image."""
    with path.open("rb") as file:
        return _limited(str(path), lambda: file.read(_BLOCK))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _stored_pins() -> dict[str, Any]:
    """Return the contents of the file of pins, empty if the file is missing. Raises DamagedData for an invalid one.

    An invalid file does not count as empty: then any image would be accepted and the other pins would be lost.
    """
    try:
        found = json.loads(pins().read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _invalid_pins(getattr(error, "strerror", None) or str(error)) from error
    if not isinstance(found, dict):
        raise _invalid_pins("it is not a JSON object")
    return found


def _pinned(image_name: str) -> Pin | None:
    stored = _stored_pins()
    if image_name not in stored:
        return None
    row = stored[image_name]
    if not isinstance(row, dict) or "sha256" not in row:
        raise _invalid_pins(f"{image_name} has no SHA-256")
    return Pin(str(row["sha256"]), str(row.get("source")))


def _invalid_pins(fault: str) -> DamagedData:
    return DamagedData(
        f"{pins()} is not a valid file of pinned digests: {fault}",
        "check it; if it cannot be fixed, delete it: then the next image that is downloaded is pinned",
    )


def _pin(image_name: str, pin: Pin, notify: Callable[[str], None]) -> None:
    """Store a pin and report it: nothing but the transfer by https shows that this image is the official one."""
    content = {**_stored_pins(), image_name: pin._asdict()}
    try:
        durable.replace(pins(), (json.dumps(content, indent=1) + "\n").encode())
        where = f"pinned in {pins()}"
    except OSError as error:
        where = f"not pinned, {pins()}: {error.strerror or error}"
    notify(f"first use of {image_name} from {pin.source}: SHA-256 {pin.sha256} ({where})")


def _changed(source: str, data: bytes, pinned: Pin) -> DamagedData:
    return DamagedData(
        f"{source} is not the image that was used before: its SHA-256 is {_sha256(data)}, pinned is {pinned.sha256} "
        f"(from {pinned.source})",
        f"do not use it unless you know the reason; to pin the new image, delete {pins()}; "
        "to use an image of your own, add --firmware FILE",
    )


class _SecureRedirects(urllib.request.HTTPRedirectHandler):
    """Redirects to https only."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if urlsplit(newurl).scheme != "https":
            raise urllib.error.URLError(f"it redirects to {newurl}, which is not an https address")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _downloaded(source: str, image_name: str) -> bytes:
    try:
        with urllib.request.build_opener(_SecureRedirects).open(source, timeout=_SILENCE_S) as answer:
            return _limited(source, lambda: answer.read1(_BLOCK))
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise OperationFailed(
            f"{source} cannot be downloaded: {reason}",
            f"download {image_name} on another machine, then add --firmware {image_name}",
        ) from error


def _limited(origin: str, read: Callable[[], bytes]) -> bytes:
    """Return all bytes that `read` returns, within 8 MB and 600 s. Raises DamagedData or OSError at these limits."""
    data, end = b"", time.monotonic() + _TOTAL_S
    while piece := read():
        data += piece
        if len(data) > _MOST_BYTES:
            raise DamagedData(
                f"{origin} is not a firmware image: it is larger than {_MOST_BYTES >> 20} MB",
                "give another file: --firmware FILE",
            )
        if time.monotonic() > end:
            raise OSError(f"it took more than {_TOTAL_S:.0f} s")
    return data
