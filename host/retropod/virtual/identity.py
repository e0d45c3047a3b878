"""Number of the processor of a virtual pod: stable for a folder of state, otherwise random."""

import re
import secrets
from pathlib import Path

from retropod.errors import UsageError, naming

_LOCAL = "02"  # first byte of a locally administered MAC address: no real ESP32 has it
_DIGITS = re.compile(r"[0-9a-f]{12}([0-9a-f]{4})?")


def device_id(folder: Path, given: str | None = None) -> str:
    """Return `given`, or else the number that the folder stores, or else a new one, and store it in the folder.

    Raises UsageError if `given` is not a number of up to 16 hexadecimal digits.
    """
    path = folder / "device_id"
    number = _checked(given) if given is not None else _stored(path) or _LOCAL + secrets.token_hex(5)
    folder.mkdir(parents=True, exist_ok=True)
    with naming(path):
        path.write_text(number + "\n", "ascii")
    return number


def _checked(given: str) -> str:
    digits = re.sub("[:-]", "", given.strip().lower())
    number = digits.zfill(12)
    if not digits or not _DIGITS.fullmatch(number):
        raise UsageError(f"{given!r} is not a device id", "give 12 hexadecimal digits, such as 02005e000001")
    return number


def _stored(path: Path) -> str:
    try:
        number = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return number if _DIGITS.fullmatch(number) else ""
