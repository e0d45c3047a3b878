"""Check of a firmware image for a chip, from the file alone, before the flash is erased.

An image of micropython.org has the layout of the flash from the boot loader on: boot loader, partition table, program.
Ref: ESP-IDF, "App image format" and "Partition tables".
"""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from retropod.errors import DamagedData

_MAGIC = 0xE9
_HEADER = 24
_CHIP_ID_AT = 12
_HAS_DIGEST_AT = 23
TABLE_AT = 0x8000
TABLE_BYTES = 0xC00
_ROW = 32
_ROW_MAGIC = b"\xaa\x50"
_MD5_MAGIC = b"\xeb\xeb"
_APP = 0
_DOWNLOAD_AGAIN = "download it again from micropython.org, for this board"


class EspChip(NamedTuple):
    """A supported chip: esptool's name, id in images, offset of the boot loader in flash, MicroPython's name for it."""

    name: str
    image_id: int
    offset: int
    board: str


CHIPS = {
    "ESP32": EspChip("esp32", 0, 0x1000, "ESP32_GENERIC"),
    "ESP32-S3": EspChip("esp32s3", 9, 0, "ESP32_GENERIC_S3"),
    "ESP32-C3": EspChip("esp32c3", 5, 0, "ESP32_GENERIC_C3"),
}


class Partition(NamedTuple):
    """A row of the partition table. Offset and size in bytes of flash."""

    kind: int
    label: str
    offset: int
    size: int


def check(data: bytes, chip: EspChip, flash_bytes: int) -> None:
    """Raise DamagedData unless the image `data` is complete, is for `chip`, and fits into `flash_bytes`."""
    _check_program(data, chip, "boot loader")
    table = list(partitions(data, chip.offset))
    end = max(part.offset + part.size for part in table)
    if end > flash_bytes:
        raise DamagedData(
            f"the image needs {end >> 20} MB of flash, the board has {flash_bytes >> 20} MB", "use a board with 4 MB"
        )
    app = next((part for part in table if part.kind == _APP), None)
    if app is None or app.offset < chip.offset:
        raise DamagedData("the image contains no program", _DOWNLOAD_AGAIN)
    program = data[app.offset - chip.offset :]
    _check_program(program, chip, "program")
    if len(program) > app.size:
        raise DamagedData("the image is larger than its partition", _DOWNLOAD_AGAIN)


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _check_program(data: bytes, chip: EspChip, part: str) -> None:
    """Check magic, chip, length and SHA-256 of one program (`part`) in the image."""
    if len(data) < _HEADER or data[0] != _MAGIC:
        raise DamagedData(f"not a firmware image: its {part} has no valid header", _DOWNLOAD_AGAIN)
    found = _number(data, _CHIP_ID_AT, 2)
    if found != chip.image_id:
        names = {one.image_id: name for name, one in CHIPS.items()}
        raise DamagedData(f"the image is for {names.get(found, f'chip {found}')}, the board is {chip.name}",
                          _DOWNLOAD_AGAIN)  # fmt: skip
    end = _HEADER
    for _ in range(data[1]):
        end += 8 + _number(data, end + 4, 4)
    end = (end + 16) & ~15  # the checksum is the last byte of a block of 16
    if end > len(data):
        raise DamagedData(f"the image is incomplete: it ends in its {part}", _DOWNLOAD_AGAIN)
    if data[_HAS_DIGEST_AT] and hashlib.sha256(data[:end]).digest() != data[end : end + 32]:
        raise DamagedData(f"the image is damaged: the digest of its {part} differs", _DOWNLOAD_AGAIN)


def partitions(data: bytes, offset: int) -> Iterator[Partition]:
    """Yield the rows of the partition table in `data`, the flash from `offset` on. Raises DamagedData without one."""
    start = TABLE_AT - offset
    at = start
    while data[at : at + 2] == _ROW_MAGIC:
        label = data[at + 12 : at + 28].rstrip(b"\0").decode("ascii", "replace")
        yield Partition(data[at + 2], label, _number(data, at + 4, 4), _number(data, at + 8, 4))
        at += _ROW
    if at == start:
        raise DamagedData("the image contains no partition table", _DOWNLOAD_AGAIN)
    if data[at : at + 2] == _MD5_MAGIC and hashlib.md5(data[start:at]).digest() != data[at + 16 : at + 32]:
        raise DamagedData("the image is damaged: the digest of its partition table differs", _DOWNLOAD_AGAIN)
