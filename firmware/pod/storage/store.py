"""Small files that survive a power cut: littlefs replaces all bytes when the file is closed."""


def write_atomic(path: str, data: bytes) -> None:
    """Replace the content of a file. After a power cut it holds the old or the new bytes. Raises OSError if full.

    A new file may be empty after a power cut, which counts as missing.
    """
    with open(path, "wb") as file:
        file.write(data)


def read(path: str) -> bytes:
    """Return the file's bytes; empty if it is missing or cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def read_number(path: str) -> int:
    """Return the number that `write_number` stored; 0 if the file is missing or damaged."""
    try:
        return max(0, int(read(path)))
    except ValueError:
        return 0


def write_number(path: str, number: int) -> None:
    """Store a whole number. Raises OSError if the flash is full."""
    write_atomic(path, str(number).encode())
