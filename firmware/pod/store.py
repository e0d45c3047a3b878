"""Small files that survive a power cut: written beside the old one and renamed over it, which littlefs does at once."""

import os


def write_atomic(path: str, data: bytes) -> None:
    """Replace the file by `data`: it holds the old bytes or the new ones, never a part. OSError when full."""
    temporary = path + ".new"
    with open(temporary, "wb") as file:
        file.write(data)
    os.rename(temporary, path)


def read(path: str) -> bytes:
    """The file's bytes; empty when there is none or it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def read_number(path: str) -> int:
    """A whole number kept by `write_number`; 0 when there is none or it is damaged."""
    try:
        return max(0, int(read(path)))
    except ValueError:
        return 0


def write_number(path: str, number: int) -> None:
    """Keep a whole number. OSError when the flash is full."""
    write_atomic(path, str(number).encode())
