"""Firmware images as micropython.org has them: boot loader, partition table and program, with their digests."""

import hashlib
import random
from typing import NamedTuple

from retropod.board.espimage import EspChip

_APP_AT = 0x10000


class Row(NamedTuple):
    """A partition: type, subtype, where, how much, label."""

    kind: int
    subtype: int
    offset: int
    size: int
    label: str

    def packed(self) -> bytes:
        places = self.offset.to_bytes(4, "little") + self.size.to_bytes(4, "little")
        return bytes((0xAA, 0x50, self.kind, self.subtype)) + places + self.label.encode().ljust(16, b"\0") + bytes(4)


ROWS = (
    Row(1, 2, 0x9000, 0x6000, "nvs"),
    Row(0, 0, _APP_AT, 0x1F0000, "factory"),
    Row(1, 0x81, 0x200000, 0x200000, "vfs"),
)


def program(chip: EspChip, size: int) -> bytes:
    """One program of one segment, with checksum and digest as esptool wants them."""
    code = random.Random(size).randbytes(size)
    header = bytes((0xE9, 1, 2, 0x20)) + (0x40080000).to_bytes(4, "little") + bytes((0xEE, 0, 0, 0))
    header += chip.image_id.to_bytes(2, "little") + bytes((0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0, 1))
    data = header + (0x40080000).to_bytes(4, "little") + size.to_bytes(4, "little") + code
    checksum = 0xEF
    for byte in code:
        checksum ^= byte
    data += bytes(15 - len(data) % 16) + bytes((checksum,))
    return data + hashlib.sha256(data).digest()


def table(rows: tuple[Row, ...] = ROWS) -> bytes:
    packed = b"".join(row.packed() for row in rows)
    return packed + b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(packed).digest()


def image(chip: EspChip, rows: tuple[Row, ...] = ROWS, size: int = 30_000) -> bytes:
    """A whole file, as it lies in flash from the boot loader on."""
    boot = program(chip, 4000).ljust(0x8000 - chip.offset, b"\xff")
    return (boot + table(rows)).ljust(_APP_AT - chip.offset, b"\xff") + program(chip, size)
