"""Small files that survive a power cut: littlefs replaces the old bytes when the file is closed, all or none."""


def write_atomic(path: str, data: bytes) -> None:
    """Replace the file by `data`: it holds the old bytes or the new ones, never a part. OSError when full.

    A file that is new may be empty after a power cut, which counts as missing.
    """
    with open(path, "wb") as file:
        file.write(data)


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
